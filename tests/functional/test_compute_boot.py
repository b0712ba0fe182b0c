# SPDX-License-Identifier: Apache-2.0
"""Servers that are made with volumes, and volumes of servers that are on no host."""

from __future__ import annotations

import subprocess
from typing import Any

from nova_assist.compute.glance.stand_ins import CONSOLE_GUEST, STAND_IN
from tests.functional.compute_support import ComputeTest


class BootTest(ComputeTest):
    def setUp(self) -> None:
        super().setUp()
        self.cinder.made = self.make_file

    def make_file(self, volume_id: str) -> None:
        path = self.share / f'volume-{volume_id}'
        subprocess.run(('qemu-img', 'create', '-q', '-f', 'raw', path, '64M'), check=True)

    def volume(self, **changes: Any) -> str:
        volume_id = self.cinder.add_volume(**changes)
        self.make_file(volume_id)
        return volume_id

    def create(self, *devices: dict[str, Any], image: str = '') -> str:
        server = self.nova(version='2.67').servers.create(
            's', image=image, flavor='1', nics='none', block_device_mapping_v2=list(devices)
        )
        return str(server.id)

    def root(self, uuid: str, source: str = 'volume', **more: Any) -> dict[str, Any]:
        device = {'uuid': uuid, 'source_type': source, 'destination_type': 'volume'}
        return {**device, 'boot_index': 0, **more}

    def attached(self, server: str) -> dict[str, str]:
        """Return the names of a server's disks, by volume."""
        volumes = self.nova().volumes.get_server_volumes(server)
        return {each.volumeId: each.device for each in volumes}

    def test_a_volume_is_booted_and_outlives_the_server(self) -> None:
        volume, more = self.volume(), self.volume()
        server = self.create(
            self.root(volume), self.root(more, boot_index=-1, delete_on_termination=True)
        )
        shown = self.until_status(server, 'ACTIVE')
        self.assertEqual(shown.image, '')
        self.assertEqual(self.attached(server), {volume: '/dev/vda', more: '/dev/vdb'})
        self.assertEqual([d['volume_id'] for d in self.disks(server)], [volume, more])
        self.assertEqual(self.cinder.volumes[volume]['status'], 'in-use')
        self.nova().servers.delete(server)
        self.until(lambda: not self.nova().servers.list(), 'the server is gone')
        self.assertEqual(self.cinder.volumes[volume]['status'], 'available')
        self.assertNotIn(more, self.cinder.volumes)

    def test_the_root_disk_is_not_detached(self) -> None:
        volume = self.volume()
        server = self.create(self.root(volume))
        self.until_status(server, 'ACTIVE')
        message = self.refused(
            400, lambda: self.nova().volumes.delete_server_volume(server, volume)
        )
        self.assertEqual(message, 'Cannot detach a root device volume')

    def test_a_volume_made_of_a_snapshot_is_booted_and_goes_with_the_server(self) -> None:
        self.cinder.snapshots['snap'] = 'available'
        self.cinder.origins['snap'] = self.volume()
        server = self.create(self.root('snap', 'snapshot', delete_on_termination=True))
        self.until_status(server, 'ACTIVE')
        ((made, device),) = self.attached(server).items()
        self.assertEqual(device, '/dev/vda')
        self.assertEqual(self.cinder.volumes[made]['snapshot_id'], 'snap')
        self.nova().servers.delete(server)
        self.until(lambda: made not in self.cinder.volumes, 'the volume is gone')

    def test_a_volume_made_of_the_console_guest_has_it_run(self) -> None:
        metadata = {'image_id': CONSOLE_GUEST.id}
        server = self.create(self.root(self.volume(volume_image_metadata=metadata)))
        self.until_status(server, 'ACTIVE')
        self.until(
            lambda: 'found 0 bad 0' in self.nova().servers.get_console_output(server),
            'the guest has found its root disk',
        )

    def test_a_volume_is_attached_beside_an_image(self) -> None:
        volume = self.volume()
        # The client adds the local disk that the image implies.
        server = self.create(self.root(volume, boot_index=-1), image=STAND_IN.id)
        shown = self.until_status(server, 'ACTIVE')
        self.assertEqual(shown.image['id'], STAND_IN.id)
        self.assertEqual(self.attached(server), {volume: '/dev/vdb'})

    def test_what_can_not_be_booted_is_refused_and_nothing_stays_reserved(self) -> None:
        good = self.volume()
        for bad in (
            self.root(self.volume(bootable='false')),
            self.root('00000000-0000-0000-0000-000000000000'),
            self.root('other', 'snapshot'),
        ):
            self.refused(400, lambda bad=bad: self.create(bad, self.root(good, boot_index=-1)))
        in_use = self.root(self.volume(status='in-use'), boot_index=-1)
        self.refused(400, lambda: self.create(self.root(good), in_use))
        self.assertEqual(self.nova().servers.list(), [])
        self.assertEqual(self.cinder.attachments, {})

    def test_a_volume_that_can_not_be_made_leaves_the_server_in_error(self) -> None:
        self.cinder.made = lambda made: self.cinder.volumes[made].update(status='error')
        server = self.create(self.root(STAND_IN.id, 'image', volume_size=1))
        fault = self.until_status(server, 'ERROR').fault
        self.assertRegex(fault['message'], 'could not boot: volume .* is error')

    def test_a_volume_that_can_not_be_made_stays_unless_it_goes_with_the_server(self) -> None:
        self.cinder.made = lambda made: self.cinder.volumes[made].update(status='error')
        for goes in (False, True):
            device = self.root(STAND_IN.id, 'image', volume_size=1, delete_on_termination=goes)
            self.until_status(self.create(device), 'ERROR')
            self.assertEqual(len(self.cinder.volumes), 0 if goes else 1)
            self.cinder.volumes.clear()


class ShelvedTest(ComputeTest):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.boot()
        self.nova().servers.shelve(self.server)
        self.until_status(self.server, 'SHELVED_OFFLOADED')

    def add(self) -> str:
        volume = self.cinder.add_volume()
        self.qemu_img('create', '-f', 'raw', f'volume-{volume}', '64M')
        self.nova().volumes.create_server_volume(self.server, volume)
        self.until(lambda: self.cinder.volumes[volume]['status'] == 'in-use', 'it is in use')
        return volume

    def unshelve(self) -> None:
        self.nova().servers.unshelve(self.server)
        self.until_status(self.server, 'ACTIVE')

    def test_a_volume_attached_meanwhile_is_there_afterwards(self) -> None:
        volume = self.add()
        self.assertIsNone(self.disks(self.server)[0]['pid'])
        self.unshelve()
        self.assertEqual(self.chain(self.server), [f'volume-{volume}'])

    def test_a_volume_detached_meanwhile_is_free(self) -> None:
        volume = self.add()
        self.nova().volumes.delete_server_volume(self.server, volume)
        self.until(lambda: self.cinder.volumes[volume]['status'] == 'available', 'it is free')
        self.unshelve()
        self.assertEqual(self.disks(self.server), [])

    def test_older_versions_refuse_both(self) -> None:
        volume, old = self.add(), self.nova(version='2.19').volumes
        self.refused(409, lambda: old.delete_server_volume(self.server, volume))
        other = self.cinder.add_volume()
        self.refused(409, lambda: old.create_server_volume(self.server, other))
