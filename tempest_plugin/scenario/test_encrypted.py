# SPDX-License-Identifier: Apache-2.0
"""Encrypted volumes: a guest has its data, and snapshots are taken while it has not.

Nova has the key for one file of a volume only: a guest that is switched to another one would write
in the clear. So a volume keeps its file, and a snapshot is a copy of that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tempest.lib import decorators

from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.ledger import Bounds
from tempest_plugin.scenario.story import Story
from tempest_plugin.scenario.test_extend import ExtendBase
from tempest_plugin.scenario.test_revert import RevertBase


class EncryptedBase(Story):
    """Volumes of an encrypted type with the properties of the type under test."""

    features: tuple[str, ...] = ('encryption',)
    #: Of LUKS, with the cipher and the key below.
    header = 2_068_480

    @classmethod
    def setup_clients(cls) -> None:
        """Take the administrator's client of encryption, too."""
        super().setup_clients()
        cls.encryption_client = cls.os_admin.encryption_types_client_latest

    def check_chain(
        self, volume: Mapping[str, Any], snapshots: Collection[Mapping[str, Any]]
    ) -> None:
        """Judge a chain that no snapshot is part of."""
        super().check_chain(volume, ())

    def begin_on_noise(self, server: Mapping[str, Any]) -> Disk:
        """Make a volume and attach it: what nobody has written is noise, but the guest writes."""
        disk = Disk(self.create_volume(volume_type=self._encrypted_type()))
        guest = self.guest(server)
        mark = guest.mark()
        self.attach(server, disk.volume)
        guest.prepare(disk.id)
        disk.plugged(server, guest)
        self.assertEqual(0, guest.found(disk.id, mark).records, f'records on new disk {disk.id}')
        self.judge(disk, 'after it was attached for the first time')
        return disk

    def _encrypted_type(self) -> str:
        made = self.create_volume_type()
        self.encryption_client.create_encryption_type(
            made['id'],
            provider='luks',
            control_location='front-end',
            cipher='aes-xts-plain64',
            key_size=256,
        )
        return str(made['name'])


class EncryptedTest(EncryptedBase):
    """Volumes whose guests come and go."""

    @decorators.attr(type='slow')
    @decorators.idempotent_id('98f2c6d2-1f8c-4d57-9ea9-6d7cf6b0caa1')
    def test_encrypted_volume(self) -> None:
        """Be refused a snapshot, restart, take one, copy both: guests always have their data."""
        server = self.create_server()
        disk = self.begin_on_noise(server)
        self._be_refused_a_snapshot(disk)
        self.across(lambda: self.restart(server), [disk])
        self.unplug(disk)
        snapshot = self.take(disk)
        copy = Disk(self.create_volume(source_volid=disk.id))
        self.plug(copy, server, Bounds(disk.ledger.least))
        self.plug(disk)
        self.plug(self.copy_of(snapshot), server, disk.bounds(snapshot))
        self.drop(disk, snapshot)
        self.replug(disk)
        self.finish()

    def _be_refused_a_snapshot(self, disk: Disk) -> None:
        """Ask for a snapshot, which has to fail and to change nothing."""
        snapshot = self.ask_for_snapshot(disk.volume)
        self.wait_for_snapshot(snapshot, 'error')
        self.judge(disk, 'after a snapshot was refused')
        self.remove_snapshot(snapshot)


class EncryptedChangesTest(EncryptedBase, RevertBase, ExtendBase):
    """Volumes that get other data, and grow."""

    features = ('encryption', 'revert')

    @decorators.attr(type='slow')
    @decorators.idempotent_id('f4b016e1-4450-49fd-85e7-cb8510cb8269')
    def test_encrypted_volume_goes_back_and_grows(self) -> None:
        """Go back to a snapshot, then grow: the guest has the data of that, and goes on."""
        server = self.create_server()
        disk = self.begin_on_noise(server)
        self.unplug(disk)
        snapshot = self.take(disk)
        self.plug(disk)
        self.hear(disk)
        self.unplug(disk)
        self.revert(disk, snapshot)
        self.plug(disk, bounds=disk.ledger.revert(snapshot['id']))
        self.unplug(disk)
        self.drop(disk, snapshot)
        self.grow(disk)
        self.plug(disk)
        self.finish()
