# SPDX-License-Identifier: Apache-2.0
"""The steps that stories are made of, each judged when it is done.

Main class: :class:`Story`. After each step the guest has to write on, the backing chain has to be
that of the snapshots, and each file to have the right owner and mode.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from tempest_plugin import base, waiting
from tempest_plugin.data.guest import Mark
from tempest_plugin.judges import size
from tempest_plugin.looking import Kind
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.ledger import Bounds


class Story(base.AssistedTest):
    """A test that passes only if it has seen the data.

    :cvar header: how many bytes of its volumes no guest has.
    """

    header = 0
    features: tuple[str, ...] = ('online',)
    essential: Collection[Kind] = (Kind.DATA,)

    def begin(self, server: Mapping[str, Any] | None = None, **kwargs: Any) -> Disk:
        """Make a volume and attach it to a server, a new one if none is given, which writes."""
        disk = Disk(self.create_volume(**kwargs))
        self.plug(disk, server or self.create_server())
        return disk

    def plug(
        self,
        disk: Disk,
        server: Mapping[str, Any] | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        """Attach a volume; its guest has to find all records, and to go on.

        :param server: the one that had it last if none is given
        :param bounds: how many records, if others than are known of the volume
        """
        holder = server or disk.server
        self._read(disk, holder, bounds or Bounds(disk.ledger.least))
        self.judge(disk, 'after it was attached')

    def unplug(self, disk: Disk) -> None:
        """Detach a volume while its guest writes, which has to notice."""
        self._let_go(disk)
        self.judge(disk, 'after it was detached')

    def replug(self, disk: Disk) -> None:
        """Have the guest read all that it wrote: it does so only when it gets the disk."""
        self.unplug(disk)
        self.plug(disk)

    def take(self, disk: Disk) -> Mapping[str, Any]:
        """Take a snapshot."""
        disk.recall()
        snapshot: Mapping[str, Any] = self.create_snapshot(disk.volume)
        disk.taken(snapshot)
        self.judge(disk, f'after snapshot {len(disk.snapshots)} was taken')
        return snapshot

    def take_many(self, disk: Disk, count: int) -> list[Mapping[str, Any]]:
        """Take some snapshots, one after the other."""
        return [self.take(disk) for _ in range(count)]

    def drop(self, disk: Disk, snapshot: Mapping[str, Any], what: str = 'a snapshot') -> None:
        """Delete a snapshot.

        :param what: which one, for messages
        """
        self.delete_snapshot(snapshot)
        disk.dropped(snapshot)
        self.judge(disk, f'after {what} was deleted')

    def drop_all(self, disk: Disk) -> None:
        """Delete what snapshots there are, the oldest first, and read all again."""
        for snapshot in disk.snapshots:
            self.drop(disk, snapshot, 'the oldest snapshot')
        if disk.attached:
            self.replug(disk)

    def judge(self, disk: Disk, when: str) -> None:
        """Judge a volume that no operation is under way on.

        :param when: after which step, for messages
        """
        if disk.writes:
            self.hear(disk)
        self.check_chain(disk.volume, disk.snapshots)
        self.check_files(disk.volume, when)

    def hear(self, disk: Disk) -> None:
        """Hear that the guest writes on.

        It says so once a second, by which time Nova, too, has seen what Cinder has finished.
        """
        disk.ledger.hear(disk.guest.wrote(disk.id, disk.guest.mark()))

    def judge_snapshots(self, disk: Disk) -> None:
        """Judge the data of each snapshot, by a volume made of it, in the volume's server."""
        for snapshot in disk.snapshots:
            copy = self.copy_of(snapshot)
            self.check_size(copy.volume, snapshot['size'])
            self._read(copy, disk.server, disk.bounds(snapshot))
            self._let_go(copy)
            self.delete_volume(copy.volume)
            self.check_gone(copy.volume)

    def copy_of(self, snapshot: Mapping[str, Any], **kwargs: Any) -> Disk:
        """Make a volume of a snapshot."""
        kwargs.setdefault('size', snapshot['size'])
        copy = Disk(self.create_volume(snapshot_id=snapshot['id'], **kwargs))
        self.judge(copy, 'after it was made of a snapshot')
        return copy

    def check_size(self, volume: Mapping[str, Any], gib: int) -> None:
        """Judge how large a volume is, to Cinder and by the virtual size of its active file."""
        self._refuse(self._size_faults(volume, gib), f'size of volume {volume["id"]}')

    def await_size(self, volume: Mapping[str, Any], gib: int) -> None:
        """Wait until a volume is so large: Cinder says so before the hypervisor has done it."""
        client = self.volumes_client
        waiting.until(
            f'the size of volume {volume["id"]} without a fault',
            lambda: self._size_faults(volume, gib),
            lambda faults: not faults,
            seconds=client.build_timeout,
            pause=client.build_interval,
        )

    def _size_faults(self, volume: Mapping[str, Any], gib: int) -> list[str]:
        shown = self.volumes_client.show_volume(volume['id'])['volume']['size']
        if self.share is None:
            self.looks.missed(Kind.SIZE, '[assisted_snapshots] share_access is "none"')
            return size.faults(gib, shown=shown)
        self.looks.looked(Kind.SIZE)
        virtual = self.share.size(volume['id'])
        return size.faults(gib, shown=shown, virtual=virtual, header=self.header)

    def across(self, restart: Callable[[], object], disks: Iterable[Disk]) -> None:
        """Let a server go through something after which its guest starts anew; judge its disks.

        :param restart: returns when the server is active again
        :param disks: all of the server's
        """
        before: list[tuple[Disk, Mark]] = []
        for disk in disks:
            disk.recall()
            before.append((disk, disk.guest.mark()))
        restart()
        for disk, mark in before:
            self.resume(disk, mark)

    def restart(self, server: Mapping[str, Any]) -> None:
        """Stop a server and start it again: the files are closed, and opened anew."""
        self.stop_server(server)
        self.start_server(server)

    def resume(self, disk: Disk, mark: Mark) -> None:
        """Have a guest that has started after the mark look at its disk, and write on."""
        guest = self.guest(disk.server)
        guest.prepare(disk.id)
        disk.plugged(disk.server, guest)
        self._look(disk, mark, Bounds(disk.ledger.least))
        self.judge(disk, 'after the guest has started anew')

    def _read(self, disk: Disk, server: Mapping[str, Any], bounds: Bounds) -> None:
        """Attach a volume, and have the guest look at it."""
        guest = self.guest(server)
        mark = guest.mark()
        self.attach(server, disk.volume)
        guest.prepare(disk.id)
        disk.plugged(server, guest)
        self._look(disk, mark, bounds)

    def _let_go(self, disk: Disk) -> None:
        """Detach a volume, and have the guest notice."""
        mark = disk.guest.mark()
        self.detach(disk.server, disk.volume)
        disk.guest.gone(disk.id, mark)
        disk.recall()
        disk.unplugged()

    def _look(self, disk: Disk, mark: Mark, bounds: Bounds) -> None:
        found = self.check_data(
            disk.guest, disk.volume, mark, least=bounds.least, most=bounds.most
        )
        disk.ledger.hear(found.records)
