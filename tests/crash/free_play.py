# SPDX-License-Identifier: Apache-2.0
"""A story that nobody has written: whoever holds it says what comes next, step by step.

Main class: :class:`FreePlay`. What to do next is left to callers, a property-based test for one,
what a death of Cinder leaves behind to :mod:`tests.crash.deaths`.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator

from nova_assist import client
from nova_assist.checks.model import Exactly
from nova_assist.cloud.cloud import Cloud
from nova_assist.faults.trap import Trap
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedServer, TrackedSnapshot, TrackedVolume
from tests.crash.deaths import Deaths

_GIB = 1024**3

#: Seconds that compute may take to learn of an overlay.
_LEARNING = 3.0


class FreePlay:
    """Volumes, their snapshots and one server, each step judged as in every story.

    :ivar stage: where it is played
    :ivar server: the server that volumes are attached to, once there is one
    """

    def __init__(
        self, cloud: Cloud, stage: Stage, trap: Trap, tell: Callable[[str], None]
    ) -> None:
        """Start with nothing.

        :param trap: what Cinder's process was put into
        :param tell: is told of each step before it is played
        """
        self.stage = stage
        self.server: TrackedServer | None = None
        self._cloud = cloud
        self._deaths = Deaths(cloud, stage, trap)
        self._tell = tell
        self._numbers = itertools.count(1)

    @property
    def volumes(self) -> list[TrackedVolume]:
        """Every volume there is."""
        return self.stage.volumes.all

    @property
    def attached(self) -> list[TrackedVolume]:
        """The volumes that are attached."""
        return [volume for volume in self.volumes if volume.server]

    @property
    def detached(self) -> list[TrackedVolume]:
        """The volumes that are not."""
        return [volume for volume in self.volumes if not volume.server]

    @property
    def snapshots(self) -> list[tuple[TrackedVolume, TrackedSnapshot]]:
        """Every snapshot with its volume."""
        return [(volume, each) for volume in self.volumes for each in volume.snapshots]

    @property
    def running(self) -> bool:
        """Whether guests run: nobody has stopped the server."""
        return self.server is None or self.server.running

    def create(self) -> None:
        """Make an empty volume."""
        name = self._name('v')
        with self._step(f'create volume {name}'):
            self.stage.volumes.create(name)

    def write(self, volume: TrackedVolume) -> None:
        """Write to a volume that is not attached."""
        with self._step(f'write to {volume.name}'):
            self.stage.volumes.write(volume)

    def attach(self, volume: TrackedVolume) -> None:
        """Attach a volume to the server, which is made first if need be; the guest writes."""
        with self._step(f'attach {volume.name}, to which the guest writes from now on'):
            if self.server is None:
                self.server = self.stage.servers.create('a')
            self.stage.servers.attach(self.server, volume)
            self.stage.servers.start_writing(volume)

    def detach(self, volume: TrackedVolume) -> None:
        """Detach a volume, whether the server runs or not."""
        with self._step(f'detach {volume.name}'):
            self.stage.servers.detach(volume)

    def snapshot(self, volume: TrackedVolume) -> None:
        """Take a snapshot, detached or attached, with the server running or not.

        One of a detached volume is written to before and after: each of its files holds data.
        """
        name, writes = self._name('s'), volume.server is None
        around = ', writing before and after' if writes else ''
        with self._step(f'create snapshot {name} of {volume.name}{around}'):
            if writes:
                self.stage.volumes.write(volume)
            self.stage.volumes.snapshot(volume, name)
            if writes:
                self.stage.volumes.write(volume)

    def delete_snapshot(self, volume: TrackedVolume, snapshot: TrackedSnapshot) -> None:
        """Delete a snapshot."""
        with self._step(f'delete snapshot {snapshot.name} of {volume.name}'):
            self.stage.volumes.delete_snapshot(volume, snapshot.name)

    def extend(self, volume: TrackedVolume) -> None:
        """Make a volume that is not attached one GiB larger."""
        gib = volume.size // _GIB + 1
        with self._step(f'extend {volume.name} to {gib} GiB'):
            self.stage.volumes.extend(volume, gib)

    def revert(self, volume: TrackedVolume) -> None:
        """Give a volume the data of its newest snapshot back."""
        newest = volume.snapshots[-1]
        with self._step(f'revert {volume.name} to {newest.name}'):
            self.stage.volumes.revert(volume, newest.name)

    def clone(self, source: TrackedVolume, *, larger: bool) -> None:
        """Make a volume from another one, attached or not."""
        name, gib = self._name('v'), source.size // _GIB + larger
        with self._step(f'clone {source.name} to {name} with {gib} GiB'):
            self.stage.volumes.clone_volume(source, name, gib)

    def copy(self, source: TrackedSnapshot, *, larger: bool) -> None:
        """Make a volume from a snapshot."""
        name, gib = self._name('v'), _gib(source) + larger
        with self._step(f'create {name} with {gib} GiB from snapshot {source.name}'):
            self.stage.volumes.clone(source, name, gib)

    def delete(self, volume: TrackedVolume) -> None:
        """Delete a volume that is not attached and has no snapshots."""
        with self._step(f'delete {volume.name}'):
            self.stage.volumes.delete(volume)

    def reboot(self, server: TrackedServer, *, hard: bool) -> None:
        """Reboot the server; its guest stops writing before and starts again."""
        with self._step(f'reboot the server {"hard" if hard else "softly"}'), self._silence():
            self.stage.servers.reboot(server, hard=hard)

    def stop(self, server: TrackedServer) -> None:
        """Stop the server."""
        with self._step('stop the server'):
            self._settle()
            for volume in self.attached:
                self.stage.servers.stop_writing(volume)
            self.stage.servers.stop(server)

    def start(self, server: TrackedServer) -> None:
        """Start the server; its guest writes again."""
        with self._step('start the server'):
            self.stage.servers.start(server)
            for volume in self.attached:
                self.stage.servers.start_writing(volume)

    def crash(self) -> None:
        """Kill Cinder while it has nothing to do, and start it again."""
        with self._step('kill and start Cinder'):
            self._settle()
            self._deaths.restart()

    def restart_compute(self) -> None:
        """Restart the compute service; guests run on."""
        with self._step('restart compute'):
            self._settle()
            self._cloud.compute.restart()

    def die_in_snapshot(self, volume: TrackedVolume, effect: int) -> None:
        """Kill Cinder while it takes a snapshot, and let the owner clear up."""
        name = self._name('s')
        with self._step(f'create snapshot {name} of {volume.name}, {_death(effect)}'):
            self._deaths.in_snapshot(volume, name, effect)
            self._let_go(volume)

    def die_in_deletion(
        self, volume: TrackedVolume, snapshot: TrackedSnapshot, effect: int
    ) -> None:
        """Kill Cinder while it deletes a snapshot, and let the owner do it again."""
        with self._step(f'delete snapshot {snapshot.name} of {volume.name}, {_death(effect)}'):
            self._deaths.in_deletion(volume, snapshot, effect)
            self._let_go(volume)

    def die_in_extension(self, volume: TrackedVolume, effect: int) -> None:
        """Kill Cinder while it makes a volume larger, and let the owner do it again."""
        gib = volume.size // _GIB + 1
        with self._step(f'extend {volume.name} to {gib} GiB, {_death(effect)}'):
            self._deaths.in_extension(volume, gib, effect)

    def die_in_revert(self, volume: TrackedVolume, effect: int) -> None:
        """Kill Cinder while it reverts a volume, and let the owner see to it."""
        newest = volume.snapshots[-1]
        with self._step(f'revert {volume.name} to {newest.name}, {_death(effect)}'):
            self._deaths.in_revert(volume, newest, effect)

    def die_in_copy(self, source: TrackedSnapshot, effect: int) -> None:
        """Kill Cinder while it makes a volume of a snapshot, and let the owner delete that."""
        with self._step(f'create a volume from snapshot {source.name}, {_death(effect)}'):
            self._deaths.in_copy(_gib(source), {'snapshot_id': source.id}, effect)

    def die_in_clone(self, source: TrackedVolume, effect: int) -> None:
        """Kill Cinder while it clones a volume, and let the owner delete what is left."""
        with self._step(f'clone {source.name}, {_death(effect)}'):
            gib = source.size // _GIB
            self._deaths.in_copy(gib, {'source_volid': source.id}, effect)
            self._deaths.clear_other_snapshots(source)
            self._let_go(source)

    def end(self) -> None:
        """Remove everything, and see that nothing stays on the share.

        :raises StepEnded: something does
        """
        self._tell('clean up')
        self.stage.clean_up(hurried=False)

    def _name(self, kind: str) -> str:
        return f'{kind}{next(self._numbers)}'

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self._tell(name)
        with self.stage.step(name):
            yield

    def _settle(self) -> None:
        """Let compute learn of the newest overlays, see :meth:`Servers.await_refresh`."""
        for volume in self.attached:
            self.stage.servers.await_refresh(volume)

    def _let_go(self, volume: TrackedVolume) -> None:
        """Detach a volume of which compute could not learn the newest overlay: Cinder was dead.

        The server's next start would open an older one, whoever the driver.
        """
        server, api = volume.server, self.stage.context.api
        if server is None:
            return
        with refusals(f'asking what the next start of server {server.name} opens'):
            known = client.poll(lambda: api.is_refreshed(server.id, volume.id), bool, _LEARNING)
        if not known:
            self.stage.servers.detach(volume)

    @contextlib.contextmanager
    def _silence(self) -> Iterator[None]:
        """Have no guest write for the length of the block."""
        self._settle()
        for volume in self.attached:
            self.stage.servers.stop_writing(volume)
        yield
        for volume in self.attached:
            self.stage.servers.start_writing(volume)


def is_known(snapshot: TrackedSnapshot) -> bool:
    """Tell whether judges have settled what a snapshot holds, so that it can be copied."""
    return isinstance(snapshot.data, Exactly)


def _gib(snapshot: TrackedSnapshot) -> int:
    return snapshot.data.size // _GIB if snapshot.data else 0


def _death(effect: int) -> str:
    return f'killing Cinder before its effect {effect} on the share, and start it again'
