# SPDX-License-Identifier: Apache-2.0
"""Requests that are made without waiting for those before.

Cinder takes all of them; what the driver does about them in turn, Nova may do at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tempest.lib import decorators, exceptions
from testtools import content

from tempest_plugin import errors, waiting
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.story import Story

_MANY = 3
#: How often to try to be faster than a creation.
_TRIES = 5


class AtOnceBase(Story):
    """Asking for much, and waiting for it."""

    def ask(self, disk: Disk) -> Mapping[str, Any]:
        """Ask for a snapshot after all that the guest has said."""
        disk.recall()
        snapshot: Mapping[str, Any] = self.ask_for_snapshot(disk.volume)
        disk.taken(snapshot)
        return snapshot

    def await_taken(self, snapshots: Iterable[Mapping[str, Any]]) -> None:
        """Wait for snapshots that were asked for."""
        for snapshot in snapshots:
            self.wait_for_snapshot(snapshot, 'available')

    def ask_to_delete(self, snapshots: Iterable[Mapping[str, Any]]) -> None:
        """Ask for snapshots to be deleted."""
        for snapshot in snapshots:
            self.snapshots_client.delete_snapshot(snapshot['id'])

    def await_gone(self, disk: Disk, snapshots: Iterable[Mapping[str, Any]]) -> None:
        """Wait for snapshots to be deleted."""
        client = self.snapshots_client
        for snapshot in snapshots:
            waiting.until_gone(client, client.show_snapshot, snapshot['id'])
            disk.dropped(snapshot)


class OneVolumeTest(AtOnceBase):
    """One volume, whose guest writes all the time."""

    needs_depth = 3

    @decorators.idempotent_id('ae55cee8-6d49-4ca9-882b-a008005f1219')
    def test_snapshots_at_once(self) -> None:
        """Each is taken after the one before has been, and deleted likewise."""
        disk = self.begin()
        snapshots = [self.ask(disk) for _ in range(_MANY)]
        self.await_taken(snapshots)
        self.judge(disk, 'after all were taken')
        self.judge_snapshots(disk)
        self.ask_to_delete(snapshots)
        self.await_gone(disk, snapshots)
        self.judge(disk, 'after all were deleted')
        self.replug(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('0a713de5-3824-46c4-ad19-f42e4290ecec')
    def test_snapshots_deleted_at_once_from_the_newest(self) -> None:
        """The active file is merged into again and again."""
        disk = self.begin()
        snapshots = self.take_many(disk, _MANY)[::-1]
        self.ask_to_delete(snapshots)
        self.await_gone(disk, snapshots)
        self.judge(disk, 'after all were deleted')
        self.replug(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('66375cbf-27b9-49c5-a81c-790568530c26')
    def test_creation_during_a_deletion(self) -> None:
        """The new overlay is put on a chain that is being made shorter."""
        disk = self.begin()
        older, newer = self.take_many(disk, 2)
        for snapshot in (older, newer):
            self.ask_to_delete([snapshot])
            asked = self.ask(disk)
            self.await_gone(disk, [snapshot])
            self.await_taken([asked])
            self.judge(disk, 'after one was deleted and one taken')
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('ba78d0a7-99ce-4772-bec8-325281bcc46b')
    def test_deletion_of_another_during_a_creation(self) -> None:
        """A chain gets longer above, and is to get shorter below."""
        disk = self.begin()
        older, newer = self.take_many(disk, 2)
        for snapshot in (newer, older):
            asked = self.ask(disk)
            self.ask_to_delete([snapshot])
            self.await_taken([asked])
            self.await_gone(disk, [snapshot])
            self.judge(disk, 'after one was taken and one deleted')
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()

    @decorators.attr(type='negative')
    @decorators.idempotent_id('58a121a6-10c7-4458-add5-3d36b767a2f7')
    def test_deletion_during_its_own_creation(self) -> None:
        """Cinder refuses it, if the creation has not ended before it looks."""
        disk = self.begin()
        self.take(disk)
        refused = any(self._creation_is_in_the_way(disk) for _ in range(_TRIES))
        told = 'refused' if refused else f'after the creation, {_TRIES} times'
        self.addDetail('deletion', content.text_content(told))
        self.judge_snapshots(disk)
        self.drop_all(disk)
        if not refused:
            self.skipTest(f'all was right, but each of {_TRIES} creations was over too soon')
        self.finish()

    def _creation_is_in_the_way(self, disk: Disk) -> bool:
        """Ask for a snapshot and at once for its deletion; returns whether that was refused."""
        asked = self.ask(disk)
        try:
            self.ask_to_delete([asked])
        except exceptions.BadRequest:
            self.await_taken([asked])
        else:
            self.await_gone(disk, [asked])
        self.judge(disk, 'after a deletion was asked for during the creation')
        return asked['id'] in [snapshot['id'] for snapshot in disk.snapshots]

    @decorators.attr(type='slow')
    @decorators.idempotent_id('76574699-8048-40a8-8da2-a41cf4d56c16')
    def test_detachment_during_a_creation(self) -> None:
        """The guest lets go of its disk while it is to switch: done or failed, nothing is left."""
        disk = self.begin()
        server = disk.server
        self.take(disk)
        asked = self.ask(disk)
        self.detach(server, disk.volume)
        disk.recall()
        disk.unplugged()
        self._settle(disk, asked)
        self.judge(disk, 'after it was detached during a creation')
        self.plug(disk)
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()

    def _settle(self, disk: Disk, asked: Mapping[str, Any]) -> None:
        """Wait for a snapshot that may fail; if so, it is deleted."""
        try:
            self.await_taken([asked])
        except errors.WentWrong:
            self.delete_snapshot(asked)
            disk.dropped(asked)


class ManyVolumesTest(AtOnceBase):
    """Volumes that have nothing to do with each other but their server."""

    needs_depth = 2

    def _take_and_drop(self, disks: list[Disk]) -> None:
        for _ in range(2):
            asked = [self.ask(disk) for disk in disks]
            self.await_taken(asked)
        for disk in disks:
            self.judge(disk, 'after snapshots of many volumes')
        self.judge_snapshots(disks[0])
        for newest in (False, True):
            doomed = [disk.snapshots[-1 if newest else 0] for disk in disks]
            self.ask_to_delete(doomed)
            for disk, snapshot in zip(disks, doomed, strict=True):
                self.await_gone(disk, [snapshot])
        for disk in disks:
            self.judge(disk, 'after deletions on many volumes')
            self.replug(disk)

    @decorators.attr(type='slow')
    @decorators.idempotent_id('c1757f33-bd0b-433e-b70c-d2a60b644344')
    def test_volumes_of_one_server(self) -> None:
        """One guest switches several disks; each to its own file."""
        disks = [self.begin()]
        disks += [self.begin(disks[0].server) for _ in range(_MANY - 1)]
        self._take_and_drop(disks)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('8ba73217-305c-40fd-9cd6-bb9b592a5c41')
    def test_volumes_of_many_servers(self) -> None:
        """Several guests switch at the same time."""
        self._take_and_drop([self.begin() for _ in range(_MANY)])
        self.finish()
