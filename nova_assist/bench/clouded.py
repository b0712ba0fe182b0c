# SPDX-License-Identifier: Apache-2.0
"""A driver in an embedded cloud, driven through REST and timed; main class: :class:`Clouded`."""

from __future__ import annotations

import collections
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nova_assist.bench import bare_sums, filling, moments, stopwatch, written
from nova_assist.bench.calling import Caller
from nova_assist.bench.moments import Watch
from nova_assist.bench.subject import Timed
from nova_assist.bench.waiting import Waiting
from nova_assist.cloud.cloud import Cloud
from nova_assist.compute.faults import Fault
from nova_assist.scenarios.embedded_api import EmbeddedApi

#: How many disks a guest gets; Nova lets it have 26.
_DISKS = 16


class Clouded:
    """One driver's cloud while it is up.

    :param backend: whose volumes are measured, ``raw`` or ``qcow2``
    """

    def __init__(self, cloud: Cloud, watch: Watch, backend: str) -> None:
        self.cloud = cloud
        self._watch = watch
        self._caller = Caller(cloud, watch)
        self._backend = backend
        self._api = EmbeddedApi(cloud.cinderclient(), cloud.novaclient(), cloud.compute.url)
        self._waiting = Waiting(self._api, cloud.check)
        self._servers: dict[str, str] = {}
        self._snapshots: dict[str, list[str]] = {}

    def volume(self, gib: int = 1) -> str:
        """Make an empty volume."""
        with self._caller.told('making a volume'):
            made = self._ask_for_volume(gib, {})
            self._waiting.volume(made, 'available')
        self._snapshots[made] = []
        return made

    def attach(self, volume: str) -> None:
        """Have a guest use a volume."""
        with self._caller.told(f'attaching volume {volume}'):
            server = self._server_with_room()
            self._api.nova.volumes.create_server_volume(server, volume)
            self._servers[volume] = server
            self._waiting.volume(volume, 'in-use')

    def create_snapshot(self, volume: str) -> tuple[str, Timed]:
        """Take a snapshot."""
        made, timed = self._caller.make(
            f'taking a snapshot of volume {volume}',
            'create_snapshot',
            lambda: self._ask_for_snapshot(volume),
            lambda snapshot: self._waiting.snapshot(snapshot, 'available'),
        )
        self._snapshots[volume].append(made)
        return made, timed

    def write(self, volume: str, size: int) -> None:
        """Write to the active file, which nobody has open."""
        share = self.cloud.shares[self._backend].path
        written.write(share / f'volume-{volume}.{self._snapshots[volume][-1]}', size)

    def delete_snapshot(self, volume: str, snapshot: str) -> Timed:
        """Delete a snapshot."""
        timed = self._caller.change(
            f'deleting snapshot {snapshot}',
            'delete_snapshot',
            snapshot,
            lambda: self._api.cinder.volume_snapshots.delete(snapshot),
            lambda: self._waiting.snapshot(snapshot, None),
        )
        self._snapshots[volume].remove(snapshot)
        return timed

    def delete_slowly(self, volume: str, snapshot: str, seconds: float) -> list[float]:
        """Delete a snapshot, for which Nova takes so long; returns when the driver asked."""
        with self._caller.told(f'having snapshot {snapshot} deleted slowly'):
            self._api.set_fault(volume, Fault.LATE_WORK.value, times=1)
            self._api.cinder.volume_snapshots.delete(snapshot)
            held = self._waiting.held(volume, snapshot)
            self._watch.forget()
            began = time.monotonic()
            if held:
                time.sleep(seconds)
            seen = self._watch.seen()
            asked = [each.at - began for each in seen if each.what == stopwatch.QUESTION]
            self._api.lift_fault(volume)
            self._waiting.snapshot(snapshot, None)
        self._snapshots[volume].remove(snapshot)
        return asked

    def make(self) -> tuple[str, Timed]:
        """Make an empty volume."""
        return self._new_volume('making a volume', 'create_volume')

    def clone(self, volume: str) -> tuple[str, Timed]:
        """Make a volume of another one."""
        return self._new_volume(
            f'cloning volume {volume}', 'create_cloned_volume', source_volid=volume
        )

    def copy(self, snapshot: str) -> tuple[str, Timed]:
        """Make a volume of a snapshot."""
        return self._new_volume(
            f'copying snapshot {snapshot}', 'create_volume_from_snapshot', snapshot_id=snapshot
        )

    def extend(self, volume: str, gib: int) -> Timed:
        """Grow a volume."""
        status = 'in-use' if volume in self._servers else 'available'
        return self._caller.change(
            f'extending volume {volume}',
            'extend_volume',
            volume,
            lambda: self._api.cinder.volumes.extend(volume, gib),
            lambda: self._waiting.volume(volume, status),
        )

    def extends_attached(self) -> bool:
        """Tell whether the driver says that it does; Cinder asks it for nothing else."""
        with self._caller.told('asking what the driver can do'):
            return self._api.extends_attached(self._backend) or False

    def revert(self, volume: str, snapshot: str) -> Timed:
        """Give a volume the data of its newest snapshot again."""
        return self._caller.change(
            f'reverting volume {volume}',
            'revert_to_snapshot',
            volume,
            lambda: self._api.cinder.volumes.revert_to_snapshot(volume, snapshot),
            lambda: self._waiting.volume(volume, 'available'),
        )

    def delete(self, volume: str) -> Timed:
        """Delete a volume without snapshots."""
        timed = self._caller.change(
            f'deleting volume {volume}',
            'delete_volume',
            volume,
            lambda: self._api.cinder.volumes.delete(volume),
            lambda: self._waiting.volume(volume, None),
        )
        del self._snapshots[volume]
        return timed

    def _new_volume(self, what: str, call: str, **source: str) -> tuple[str, Timed]:
        made, timed = self._caller.make(
            what,
            call,
            lambda: self._ask_for_volume(1, source),
            lambda volume: self._waiting.volume(volume, 'available'),
        )
        self._snapshots[made] = []
        return made, timed

    def snapshot_all(self, volumes: Sequence[str]) -> float:
        """Take a snapshot of each volume at once."""
        made, seconds = self._caller.at_once(
            f'taking {len(volumes)} snapshots',
            'create_snapshot',
            lambda: _all_at_once(self._ask_for_snapshot, volumes),
            lambda snapshots: self._waiting.snapshots(snapshots, 'available'),
        )
        for volume, snapshot in zip(volumes, made, strict=True):
            self._snapshots[volume].append(snapshot)
        return seconds

    def delete_all(self, volumes: Sequence[str]) -> float:
        """Delete the newest snapshot of each volume at once."""
        newest = [self._snapshots[volume].pop() for volume in volumes]

        def ask() -> list[str]:
            _all_at_once(self._api.cinder.volume_snapshots.delete, newest)
            return newest

        return self._caller.at_once(
            f'deleting {len(volumes)} snapshots',
            'delete_snapshot',
            ask,
            lambda deleted: self._waiting.snapshots(deleted, None),
        )[1]

    def fill(self, count: int) -> None:
        """Have at least so many volumes, copies of the row and the file of an empty one."""
        share = self.cloud.shares[self._backend]
        model = self.volume()
        with self._caller.told(f'making {count} volumes'):
            filling.fill(self.cloud.database, share.path, model, count)

    def capacity(self) -> float:
        """Have the driver tell its capacities."""
        with self._caller.told('asking the driver for its capacities'):
            return stopwatch.capacity_seconds(self._watch.path, self._backend)

    def bare_sums(self) -> float:
        """Ask database and file system for the same."""
        share = self.cloud.shares[self._backend]
        with self._caller.told('asking the database'):
            return bare_sums.seconds(self.cloud.database, share.path)

    def remove(self, volume: str) -> None:
        """Detach a volume if it is attached, and delete it with its snapshots."""
        with self._caller.told(f'removing volume {volume}'):
            if volume in self._servers:
                server = self._servers.pop(volume)
                self._api.nova.volumes.delete_server_volume(server, volume)
                self._waiting.volume(volume, 'available')
            for snapshot in reversed(self._snapshots.pop(volume)):
                self._api.cinder.volume_snapshots.delete(snapshot)
                self._waiting.snapshot(snapshot, None)
            self._api.cinder.volumes.delete(volume)
            self._waiting.volume(volume, None)

    def _server_with_room(self) -> str:
        used = collections.Counter(self._servers.values())
        for server in used:
            if used[server] < _DISKS:
                return server
        made = str(self._api.nova.servers.create('bench', image='', flavor='1', nics='none').id)
        self._waiting.server(made, 'ACTIVE')
        return made

    def _ask_for_volume(self, gib: int, source: Mapping[str, str]) -> str:
        made = self._api.cinder.volumes.create(gib, volume_type=self._backend, **source)
        return str(made.id)

    def _ask_for_snapshot(self, volume: str) -> str:
        return str(self._api.cinder.volume_snapshots.create(volume, force=True).id)


def _all_at_once(ask: Callable[[str], str], about: Sequence[str]) -> list[str]:
    """Ask for something about each of some things at once; return the answers in their order."""
    with ThreadPoolExecutor(max_workers=len(about)) as pool:
        return list(pool.map(ask, about))


@contextlib.contextmanager
def clouded(folder: Path, driver: str, backend: str) -> Iterator[Clouded]:
    """Start a cloud for a driver, and stop it in the end.

    :param folder: where the cloud keeps its files; gone if this process is killed
    :raises nova_assist.cloud.errors.CloudError: it doesn't start
    """
    folder.mkdir()
    watch = Watch(folder / 'moments')
    environment = {moments.VARIABLE: str(watch.path)}
    with Cloud(
        folder,
        driver=driver,
        temporary=True,
        cinder_environment=environment,
        compute_environment=environment,
    ) as cloud:
        yield Clouded(cloud, watch, backend)
