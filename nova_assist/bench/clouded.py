# SPDX-License-Identifier: Apache-2.0
"""A driver in an embedded cloud, driven through REST and timed; main class: :class:`Clouded`."""

from __future__ import annotations

import collections
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cinderclient import exceptions as cinder_errors
from keystoneauth1 import exceptions as session_errors
from novaclient import exceptions as nova_errors

from nova_assist.bench import filling, moments, nova_watch, stopwatch, timeline, written
from nova_assist.bench.errors import BenchError
from nova_assist.bench.moments import Moment, Watch
from nova_assist.bench.subject import Timed
from nova_assist.cloud.cloud import Cloud
from nova_assist.scenarios.embedded_api import EmbeddedApi

#: How often the bench looks for the end of an operation, and how long; seconds.
_LOOK_SECONDS = 0.01
_PATIENCE_SECONDS = 600.0

#: How many disks a guest gets; Nova lets it have 26.
_DISKS = 16

_REFUSALS = (
    cinder_errors.ClientException,
    nova_errors.ClientException,
    session_errors.ClientException,
    sqlite3.Error,
)


class Clouded:
    """One driver's cloud while it is up.

    :param backend: whose volumes are measured, ``raw`` or ``qcow2``
    """

    def __init__(self, cloud: Cloud, watch: Watch, backend: str) -> None:
        self.cloud = cloud
        self._watch = watch
        self._backend = backend
        self._api = EmbeddedApi(cloud.cinderclient(), cloud.novaclient(), cloud.compute.url)
        self._servers: dict[str, str] = {}
        self._snapshots: dict[str, list[str]] = {}

    def volume(self, gib: int = 1) -> str:
        """Make an empty volume."""
        with self._told('making a volume'):
            made = str(self._api.cinder.volumes.create(gib, volume_type=self._backend).id)
            self._await_volume(made, 'available')
        self._snapshots[made] = []
        return made

    def attach(self, volume: str) -> None:
        """Have a guest use a volume."""
        with self._told(f'attaching volume {volume}'):
            server = self._server_with_room()
            self._api.nova.volumes.create_server_volume(server, volume)
            self._servers[volume] = server
            self._await_volume(volume, 'in-use')

    def create_snapshot(self, volume: str) -> tuple[str, Timed]:
        """Take a snapshot."""
        self._watch.forget()
        with self._told(f'taking a snapshot of volume {volume}'):
            began = time.monotonic()
            made = self._ask_for_snapshot(volume)
            self._await_call('create_snapshot', made)
            self._await_snapshot(made, 'available')
            ended = time.monotonic()
        self._snapshots[volume].append(made)
        return made, self._timed('create_snapshot', made, began, ended)

    def write(self, volume: str, size: int) -> None:
        """Write to the active file, which nobody has open."""
        share = self.cloud.shares[self._backend].path
        written.write(share / f'volume-{volume}.{self._snapshots[volume][-1]}', size)

    def delete_snapshot(self, volume: str, snapshot: str) -> Timed:
        """Delete a snapshot."""
        self._watch.forget()
        with self._told(f'deleting snapshot {snapshot}'):
            began = time.monotonic()
            self._api.cinder.volume_snapshots.delete(snapshot)
            self._await_call('delete_snapshot', snapshot)
            self._await_snapshot(snapshot, None)
            ended = time.monotonic()
        self._snapshots[volume].remove(snapshot)
        return self._timed('delete_snapshot', snapshot, began, ended)

    def snapshot_all(self, volumes: Sequence[str]) -> float:
        """Take a snapshot of each volume at once."""
        self._watch.forget()
        with self._told(f'taking {len(volumes)} snapshots'):
            began = time.monotonic()
            made = _all_at_once(self._ask_for_snapshot, volumes)
            for snapshot in made:
                self._await_call('create_snapshot', snapshot)
            self._await_all(made, 'available')
            ended = time.monotonic()
        for volume, snapshot in zip(volumes, made, strict=True):
            self._snapshots[volume].append(snapshot)
        return ended - began

    def delete_all(self, volumes: Sequence[str]) -> float:
        """Delete the newest snapshot of each volume at once."""
        self._watch.forget()
        newest = [self._snapshots[volume].pop() for volume in volumes]
        with self._told(f'deleting {len(volumes)} snapshots'):
            began = time.monotonic()
            _all_at_once(self._api.cinder.volume_snapshots.delete, newest)
            for snapshot in newest:
                self._await_call('delete_snapshot', snapshot)
            self._await_all(newest, None)
            return time.monotonic() - began

    def fill(self, count: int) -> None:
        """Have at least so many volumes, copies of the row and the file of an empty one."""
        share = self.cloud.shares[self._backend]
        model = self.volume()
        with self._told(f'making {count} volumes'):
            filling.fill(self.cloud.database, share.path, model, count)

    def capacity(self) -> float:
        """Have the driver tell its capacities."""
        with self._told('asking the driver for its capacities'):
            return stopwatch.capacity_seconds(self._watch.path, self._backend)

    def remove(self, volume: str) -> None:
        """Detach a volume if it is attached, and delete it with its snapshots."""
        with self._told(f'removing volume {volume}'):
            if volume in self._servers:
                server = self._servers.pop(volume)
                self._api.nova.volumes.delete_server_volume(server, volume)
                self._await_volume(volume, 'available')
            for snapshot in reversed(self._snapshots.pop(volume)):
                self._api.cinder.volume_snapshots.delete(snapshot)
                self._await_snapshot(snapshot, None)
            self._api.cinder.volumes.delete(volume)
            self._await_volume(volume, None)

    def _server_with_room(self) -> str:
        used = collections.Counter(self._servers.values())
        for server in used:
            if used[server] < _DISKS:
                return server
        made = str(self._api.nova.servers.create('bench', image='', flavor='1', nics='none').id)
        self._await(lambda: self._api.server_status(made), 'ACTIVE', f'server {made}')
        return made

    def _ask_for_snapshot(self, volume: str) -> str:
        return str(self._api.cinder.volume_snapshots.create(volume, force=True).id)

    def _timed(self, call: str, subject: str, began: float, ended: float) -> Timed:
        last = self._await_call(call, subject)
        first = self._await_call(call, subject, 'began').at
        when = {
            timeline.BEGINS: first,
            **through_nova(self._watch.seen(), first),
            timeline.ENDS: last.at,
            timeline.SEEN: ended,
        }
        return Timed(
            whole=ended - began,
            driver=last.details['seconds'],
            processes=last.details['processes'],
            written=last.details['written'],
            moments={name: at - began for name, at in when.items()},
        )

    def _await_call(self, call: str, subject: str, point: str = 'ended') -> Moment:
        """Wait for the end of a driver's call, or another point of it.

        Nobody asks Cinder meanwhile: it has one thread for its API and its drivers.
        """
        return self._watch.until(f'{call} {point}', subject, _PATIENCE_SECONDS, self.cloud.check)

    def _await_volume(self, volume: str, wanted: str | None) -> None:
        self._await(lambda: self._api.volume_status(volume), wanted, f'volume {volume}')

    def _await_snapshot(self, snapshot: str, wanted: str | None) -> None:
        self._await(lambda: self._api.snapshot_status(snapshot), wanted, f'snapshot {snapshot}')

    def _await_all(self, snapshots: Sequence[str], wanted: str | None) -> None:
        """Wait until each of some snapshots has a status, asking for all of them at once."""

        def worst() -> str | None:
            known = {
                snapshot: status
                for own in self._api.snapshots().values()
                for snapshot, status in own.items()
            }
            found = {known.get(snapshot) for snapshot in snapshots}
            return next(iter(found - {wanted}), wanted)

        self._await(worst, wanted, f'one of the snapshots {", ".join(snapshots)}')

    def _await(self, read: Callable[[], str | None], wanted: str | None, subject: str) -> None:
        """Wait until something has a status, ``None`` for none because it is gone.

        :raises BenchError: it ends in another one, or in none in time
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (status := read()) != wanted:
            if status is None or status.lower().startswith('error'):
                raise BenchError(
                    f'{subject} is {status or "gone"} where it should become {wanted or "gone"}'
                )
            if time.monotonic() > deadline:
                raise BenchError(
                    f'after {_PATIENCE_SECONDS:.0f} s {subject} is still {status}, not '
                    f'{wanted or "gone"}'
                )
            self.cloud.check()
            time.sleep(_LOOK_SECONDS)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Name the driver and the log where something goes wrong.

        :raises BenchError: it does
        :raises nova_assist.cloud.errors.ServiceError: it does because a service has ended
        """
        try:
            yield
        except (BenchError, *_REFUSALS) as error:
            self.cloud.check()
            raise BenchError(
                f'{self.cloud.driver}: {what}: {error}; see {self.cloud.cinder.log}'
            ) from error


def _all_at_once(ask: Callable[[str], str], about: Sequence[str]) -> list[str]:
    """Ask for something about each of some things at once; return the answers in their order."""
    with ThreadPoolExecutor(max_workers=len(about)) as pool:
        return list(pool.map(ask, about))


def through_nova(seen: Sequence[Moment], began: float) -> dict[str, float]:
    """Return the moments of an operation through Nova, nothing for one without.

    :param seen: what was noted meanwhile, in the order of time
    :param began: when the driver's call did
    """
    asked = _first(seen, nova_watch.ASKED, began)
    if asked is None:
        return {}
    deeds = [each.at for each in seen if each.what == stopwatch.DEED and each.at > began]
    changed = _first(seen, nova_watch.CHANGED, asked)
    found = {
        timeline.LAST_STEP: max((at for at in deeds if at < asked), default=None),
        timeline.ASKED: asked,
        timeline.CHANGED: changed,
        timeline.REPORTED: _first(seen, nova_watch.REPORTED, asked),
        timeline.GOES_ON: min((at for at in deeds if changed and at > changed), default=None),
    }
    return {name: at for name, at in found.items() if at is not None}


def _first(seen: Sequence[Moment], what: str, since: float) -> float | None:
    return next((each.at for each in seen if each.what == what and each.at >= since), None)


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
