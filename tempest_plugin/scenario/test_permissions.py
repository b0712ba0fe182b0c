# SPDX-License-Identifier: Apache-2.0
"""Owner, group and mode of every file of a volume, after each step of its life.

Libvirt's ``dynamic_ownership``, a umask, or a helper that runs as root leave files which the next
operation can't open, or which anybody can: the step that did so is named.
"""

from __future__ import annotations

from typing import Any

from tempest.lib import decorators

from tempest_plugin import base
from tempest_plugin.judges import permissions
from tempest_plugin.looking import Kind


class PermissionsBase(base.AssistedTest):
    """Files are judged by file_owner, file_group, file_mode and secure_mode."""

    needs_share = True
    essential = (Kind.FILES,)

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where any owner, group and mode would do."""
        super().skip_checks()
        if permissions.Expectation.of(cls.settings).nothing:
            raise cls.skipException(
                'none of file_owner, file_group, file_mode and secure_mode is set in '
                '[assisted_snapshots]: nothing is expected of the files'
            )

    def _snapshot(self, volume: dict[str, Any], number: int) -> dict[str, Any]:
        snapshot: dict[str, Any] = self.create_snapshot(volume)
        self.check_files(volume, f'after snapshot {number} was taken')
        return snapshot

    def _delete(self, volume: dict[str, Any], snapshot: dict[str, Any], what: str) -> None:
        self.delete_snapshot(snapshot)
        self.check_files(volume, f'after {what} was deleted')


class DetachedPermissionsTest(PermissionsBase):
    """Files that Cinder alone has to do with."""

    needs_depth = 2
    uses_servers = False

    @decorators.idempotent_id('6b1e9681-6862-4d02-8171-bca1dd49ca98')
    def test_files_of_a_detached_volume(self) -> None:
        """Create, snapshot twice, delete older, delete newest, delete the volume."""
        volume = self.create_volume()
        self.check_files(volume, 'after the creation')
        older, newer = (self._snapshot(volume, number) for number in (1, 2))
        self._delete(volume, older, 'the older snapshot')
        self._delete(volume, newer, 'the newest snapshot')
        self.delete_volume(volume)
        self.check_gone(volume)
        self.finish()

    @decorators.idempotent_id('bbebf800-9a51-4337-90fe-bb719cee6898')
    def test_files_of_a_volume_made_from_a_snapshot(self) -> None:
        """A copy is a new file, often made by another program than a fresh volume's."""
        source = self.create_volume()
        snapshot = self._snapshot(source, 1)
        copy = self.create_volume(snapshot_id=snapshot['id'], size=source['size'])
        self.check_files(copy, 'after it was made from a snapshot')
        clone = self.create_volume(source_volid=source['id'], size=source['size'])
        self.check_files(clone, 'after it was cloned')
        self.check_files(source, 'after it was copied')
        for volume in (copy, clone):
            self.delete_volume(volume)
            self.check_gone(volume)
        self.finish()


class AttachedPermissionsTest(PermissionsBase):
    """Files that Nova and the hypervisor have to do with, too."""

    needs_depth = 3
    features = ('online',)

    @decorators.idempotent_id('629f7023-31bc-41e0-9330-e23e2542a086')
    @decorators.attr(type='slow')
    def test_files_over_the_life_of_a_volume(self) -> None:
        """Snapshot offline, attach, snapshot online twice, delete older and newest, detach."""
        volume = self.create_volume()
        self.check_files(volume, 'after the creation')
        self._snapshot(volume, 1)
        server = self.create_server()
        self.attach(server, volume)
        self.check_files(volume, 'after it was attached')
        older, newest = (self._snapshot(volume, number) for number in (2, 3))
        self._delete(volume, older, 'an older snapshot')
        self._delete(volume, newest, 'the newest snapshot')
        self.detach(server, volume)
        self.check_files(volume, 'after it was detached')
        self.delete_volume(volume, cascade=True)
        self.check_gone(volume)
        self.finish()

    @decorators.idempotent_id('42420533-109f-42f1-8fcc-f8cc7a9f73c1')
    @decorators.attr(type='slow')
    def test_files_over_stop_and_start(self) -> None:
        """A hypervisor closes and opens the files again, and may change owners each time."""
        volume = self.create_volume()
        server = self.create_server()
        self.attach(server, volume)
        snapshot = self._snapshot(volume, 1)
        self.stop_server(server)
        self.check_files(volume, 'after the server was stopped')
        self.start_server(server)
        self.check_files(volume, 'after the server was started')
        self._delete(volume, snapshot, 'the snapshot')
        self.detach(server, volume)
        self.delete_volume(volume)
        self.check_gone(volume)
        self.finish()
