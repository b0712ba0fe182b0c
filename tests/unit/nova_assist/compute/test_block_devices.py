# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import unittest
from typing import Any, ClassVar

from nova_assist.compute import errors
from nova_assist.compute.api import schemas
from nova_assist.compute.api.block_devices import parse
from nova_assist.compute.booting import BootVolume, Source
from tests.unit.nova_assist.compute.samples import VOLUME_ID


class BlockDevicesTest(unittest.TestCase):
    local: ClassVar = {
        'uuid': 'image',
        'boot_index': 0,
        'source_type': 'image',
        'destination_type': 'local',
        'delete_on_termination': True,
    }
    root: ClassVar = {'uuid': VOLUME_ID, 'source_type': 'volume', 'boot_index': 0}
    more: ClassVar = {'uuid': VOLUME_ID, 'source_type': 'volume'}

    def parse(
        self, *devices: dict[str, Any], image: str = 'image', minor: int = 1
    ) -> list[BootVolume]:
        server = {'name': 'n', 'flavorRef': '1', 'imageRef': image, 'networks': 'none'}
        server['block_device_mapping_v2'] = list(devices)  # type: ignore[assignment]
        if minor < 37:
            del server['networks']
        schemas.validate({'server': server}, schemas.server_create((2, minor)))
        return parse(server)

    def refused(self, message: str, *devices: dict[str, Any], **more: Any) -> None:
        with self.assertRaisesRegex(errors.BadRequest, message):
            self.parse(*devices, **more)

    def test_without_devices_there_is_no_volume(self) -> None:
        self.assertEqual(parse({'imageRef': ''}), [])

    def test_the_disk_that_an_image_implies_is_no_volume(self) -> None:
        self.assertEqual(self.parse(self.local), [])

    def test_a_volume_is_booted(self) -> None:
        for index in (0, '0'):
            (volume,) = self.parse({**self.root, 'boot_index': index}, image='')
            self.assertEqual(
                volume,
                BootVolume(Source.VOLUME, VOLUME_ID, None, root=True, delete_with_server=False),
            )

    def test_a_volume_is_attached_beside_an_image(self) -> None:
        for index in (None, -1, '-1'):
            (volume,) = self.parse(self.local, {**self.more, 'boot_index': index})
            self.assertFalse(volume.root)

    def test_what_a_volume_is_made_of(self) -> None:
        for source, extra in (
            ('snapshot', {}),
            ('image', {'volume_size': '2'}),
            ('blank', {'volume_size': 2}),
        ):
            device = {**self.root, 'source_type': source, 'destination_type': 'volume', **extra}
            device['delete_on_termination'] = 'yes'
            (volume,) = self.parse(device, image='')
            self.assertEqual((volume.source.value, volume.delete_with_server), (source, True))
            self.assertEqual(volume.size, 2 if extra else None)

    def test_tags_and_types_came_later(self) -> None:
        for since, extra in ((42, {'tag': 't'}), (67, {'volume_type': 't'})):
            self.parse({**self.root, **extra}, minor=since)
            self.refused('Additional properties', {**self.root, **extra}, minor=since - 1)

    def test_one_has_to_be_booted(self) -> None:
        self.refused('Boot sequence', self.more)
        self.refused('Boot sequence', self.local, self.root)
        self.refused('Boot sequence', self.local, {**self.more, 'boot_index': 2})

    def test_a_local_disk_needs_an_image(self) -> None:
        self.refused('Mapping image to local', self.local, image='')

    def test_other_local_disks_are_refused(self) -> None:
        self.refused('blank to local', self.local, {'source_type': 'blank'})
        self.refused('volume to local', {**self.root, 'destination_type': 'local'})

    def test_what_is_made_needs_a_size_and_a_source(self) -> None:
        root = {'boot_index': 0, 'destination_type': 'volume'}
        self.refused('non-zero size', {**root, 'source_type': 'image', 'uuid': 'i'})
        self.refused('non-zero size', {**root, 'source_type': 'blank'})
        self.refused('Missing device UUID', {**root, 'source_type': 'snapshot'})

    def test_what_is_no_device_is_refused(self) -> None:
        for change in (
            {'source_type': 'other'},
            {'destination_type': 'other'},
            {'boot_index': 'x'},
            {'volume_size': 0},
            {'uuid': ''},
            {'other': 1},
        ):
            with self.subTest(change):
                self.refused('', {**self.root, **change})
