# SPDX-License-Identifier: Apache-2.0
"""What tests of ``os-assisted-volume-snapshots`` have in common.

Main class: :class:`AttachedBase`. The requests that are accepted name files that don't exist, so
that no guest is changed by them: each test ends with a look at that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tempest.lib import exceptions as lib_exc

from tempest_plugin import base


class AssistedBase(base.AssistedTest):
    """Requests by an account like Cinder's."""

    features = ('online',)
    acts_as_service = True

    @classmethod
    def setup_clients(cls) -> None:
        """Take that account's client."""
        super().setup_clients()
        cls.service = cls.os_service_user.assisted_compute.AssistedSnapshotsClient()

    def refused(
        self,
        call: Callable[..., Any],
        *arguments: Any,
        why: str,
        by: tuple[type[Exception], ...] = (lib_exc.BadRequest,),
    ) -> None:
        """Have a call refused, by default with 400.

        :param why: what it is refused for, to be told if it isn't
        :raises AssertionError: it is accepted
        """
        try:
            call(*arguments)
        except by:
            return
        self.fail(f'{why} was accepted, expected to be refused: {arguments}')


class AttachedBase(AssistedBase):
    """Requests about a volume that is attached to one server, both there for the whole class."""

    @classmethod
    def resource_setup(cls) -> None:
        """Attach a volume to a server."""
        super().resource_setup()
        cls.server = cls.create_server()
        cls.volume = cls.create_volume()
        cls.attach(cls.server, cls.volume)

    def setUp(self) -> None:
        """Have the test end with a look at the volume, after all that it made is removed."""
        super().setUp()
        self.addCleanup(self._judge_end)

    def judge_untouched(self) -> None:
        """Take and delete a snapshot: it goes wrong if what was accepted has changed anything.

        The guest may have switched to another file, which the chain then lacks, or be at work
        still; Nova carries out one request after the other.
        """
        self.check_chain(self.volume, [])
        snapshot = self.create_snapshot(self.volume)
        self.check_chain(self.volume, [snapshot])
        self.check_files(self.volume, 'after a snapshot was taken')
        self.delete_snapshot(snapshot)

    def _judge_end(self) -> None:
        volume = self.volumes_client.show_volume(self.volume['id'])['volume']
        server = self.servers_client.show_server(self.server['id'])['server']
        self.assertEqual(('in-use', 'ACTIVE'), (volume['status'], server['status']))
        self.check_chain(self.volume, [])
        self.check_files(self.volume, 'at the end of the test')
