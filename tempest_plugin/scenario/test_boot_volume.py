# SPDX-License-Identifier: Apache-2.0
"""Snapshots of the disk that a server runs from.

Its data is an operating system: that it is right is seen by its starting, and by the guest's
writing to another disk afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tempest.lib import decorators

from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.story import Story


class BootVolumeTest(Story):
    """Servers without a disk of their own."""

    needs_depth = 2
    features = ('online', 'boot_from_volume')

    @decorators.attr(type='slow')
    @decorators.idempotent_id('2603d9a6-f7e1-433b-8b99-fb9e5cefe0fd')
    def test_root_disk_with_snapshots(self) -> None:
        """A server starts from each chain that its root disk comes to have."""
        root, data = self._started()
        older, newer = self.take_many(root, 2)
        self._restart(root, data)
        self.drop(root, older, 'the older snapshot')
        self._restart(root, data)
        self.take(data)
        self.drop(root, newer, 'the newest snapshot')
        self._restart(root, data)
        self.drop_all(data)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('ee177939-4e93-4381-bd9f-95534a2e0463')
    def test_copy_of_a_root_disk_starts(self) -> None:
        """A volume made of a root disk's snapshot runs another server."""
        root, data = self._started()
        snapshot = self.take(root)
        self.hear(data)
        copy = self.copy_of(snapshot)
        self.begin(self._boot(copy.volume))
        self.drop(root, snapshot)
        self.replug(data)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('304cf4d0-7c71-44d4-b91e-110e825606d1')
    def test_server_from_a_snapshot(self) -> None:
        """Nova has the copy made itself; it is a volume with a life of its own."""
        root, data = self._started()
        older, newer = self.take_many(root, 2)
        other = self.begin(self._boot(older, 'snapshot'))
        (made,) = set(self._volumes_of(other.server)) - {other.id}
        copy = Disk({'id': made})
        self.judge(copy, 'after Nova had it made of a snapshot')
        self.take(copy)
        self._restart(copy, other)
        self.drop(root, older, 'the snapshot that a server was booted from')
        self.drop_all(copy)
        self._restart(copy, other)
        self.drop(root, newer, 'the newest snapshot')
        self.replug(data)
        self.finish()

    def _volumes_of(self, server: Mapping[str, Any]) -> list[str]:
        shown = self.servers_client.show_server(server['id'])['server']
        return [each['id'] for each in shown['os-extended-volumes:volumes_attached']]

    def _started(self) -> tuple[Disk, Disk]:
        """Boot from a new volume; returns it, and another that the guest writes to."""
        root = Disk(self.create_volume(imageRef=self.settings.guest_image_ref))
        server = self._boot(root.volume)
        self.judge(root, 'after a server was booted from it')
        return root, self.begin(server)

    def _boot(self, source: Mapping[str, Any], source_type: str = 'volume') -> dict[str, Any]:
        """Boot from a volume, or from one that Nova makes of a snapshot and deletes afterwards."""
        mapping = {
            'uuid': source['id'],
            'source_type': source_type,
            'destination_type': 'volume',
            'boot_index': 0,
            'delete_on_termination': source_type != 'volume',
        }
        server: dict[str, Any] = self.create_server(image_id='', block_device_mapping_v2=[mapping])
        return server

    def _restart(self, root: Disk, data: Disk) -> None:
        self.across(lambda: self.restart(data.server), [data])
        self.judge(root, 'after its server was restarted')
