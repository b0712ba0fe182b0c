# SPDX-License-Identifier: Apache-2.0
"""Snapshots of encrypted volumes: each overlay has to be encrypted as its backing file is."""

from __future__ import annotations

from tempest.lib import decorators

from tempest_plugin.scenario.story import Story


class EncryptedTest(Story):
    """Volumes of an encrypted type with the properties of the type under test."""

    needs_depth = 2
    features = ('online', 'encryption')

    @classmethod
    def setup_clients(cls) -> None:
        """Take the administrator's client of encryption, too."""
        super().setup_clients()
        cls.encryption_client = cls.os_admin.encryption_types_client_latest

    @decorators.attr(type='slow')
    @decorators.idempotent_id('98f2c6d2-1f8c-4d57-9ea9-6d7cf6b0caa1')
    def test_encrypted_volume(self) -> None:
        """Take and delete online, copy, restart: the guest always has its data."""
        disk = self.begin(volume_type=self._encrypted_type())
        server = disk.server
        older, newer = self.take_many(disk, 2)
        self.judge_snapshots(disk)
        self.across(lambda: self.restart(server), [disk])
        self.drop(disk, newer, 'the newest snapshot')
        self.drop(disk, older, 'the older snapshot')
        self.replug(disk)
        self.finish()

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
