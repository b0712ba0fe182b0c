# SPDX-License-Identifier: Apache-2.0
"""The life of a volume, as far as Cinder and Nova have to talk about it.

Main class: :class:`Story`, told through ordinary clients on any cloud whose services talk through
a recorder. A step ends when all that it leads to has been said, which is left to the one who has
it told: Nova goes on talking after the last status has changed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cinderclient import exceptions as cinder_exceptions
from novaclient import exceptions as nova_exceptions

from tests.traffic import share
from tests.traffic.normal import Normaliser
from tests.traffic.recorder import Recorder
from tests.traffic.recording import Step

_PAUSE_SECONDS = 0.1
_FAILED = ('error', 'error_deleting', 'error_extending', 'ERROR')
_GONE = (cinder_exceptions.NotFound, nova_exceptions.NotFound)


class StoryFailed(Exception):
    """The cloud doesn't do what the story needs."""


@dataclasses.dataclass(frozen=True)
class Site:
    """A cloud to tell the story on.

    :ivar cinder: an administrator's client.
    :ivar nova: likewise.
    :ivar asking: the same, but through the recorder, where Cinder asks.
    :ivar folder: the share.
    :ivar image: the id of an image to boot.
    :ivar patience: seconds that a status may take.
    """

    cinder: Any
    nova: Any
    asking: Any
    folder: Path
    volume_type: str
    image: str
    flavor: str
    patience: float


#: Waits until all of a step has been said, given its name and what returns its calls so far.
Settle = Callable[[str, Callable[[], list[dict[str, Any]]]], None]


class _Enough(Exception):
    """The last step that was asked for is told."""


class Story:
    """Tells it once, and keeps what was said in each step.

    :param last: the step to end with, if not the last of all.
    """

    def __init__(
        self, site: Site, recorder: Recorder, settle: Settle, last: str | None = None
    ) -> None:
        self._site = site
        self._cinder, self._nova = site.cinder, site.nova
        self._recorder = recorder
        self._settle = settle
        self._normaliser = Normaliser()
        self._last = last
        self._passed = 0
        self.steps: list[Step] = []

    def tell(self) -> None:
        """Go through all of it, or up to the step that is to be the last.

        :raises StoryFailed: the cloud doesn't do what is asked of it.
        """
        with contextlib.suppress(_Enough):
            self._tell_all()

    def _tell_all(self) -> None:
        with self.step('volume made'):
            volume = self._create(1)
        with self.step('server booted'):
            server = self._boot()
        self._tell_online(server, volume)
        self._tell_growing(volume)
        self._tell_resting(server, volume)
        self._tell_again(server, volume)
        self._tell_refused(server, volume)
        with self.step('server deleted, with the volume attached'):
            server.delete()
            self._await(self._nova.servers, server, None)
            self._await(self._cinder.volumes, volume, 'available')
        with self.step('volume deleted'):
            volume.delete()
            self._await(self._cinder.volumes, volume, None)

    def _tell_online(self, server: Any, volume: Any) -> None:
        """Have snapshots deleted in every position while the guest has the volume open."""
        with self.step('volume attached'):
            self._attach(server, volume)
        with self.step('first snapshot taken'):
            first = self._take(volume)
        with self.step('second snapshot taken'):
            second = self._take(volume)
        with self.step('older of two deleted'):
            self._drop(first)
        with self.step('only one deleted'):
            self._drop(second)
        with self.step('first of three taken'):
            oldest = self._take(volume)
        with self.step('second of three taken'):
            middle = self._take(volume)
        with self.step('third of three taken'):
            newest = self._take(volume)
        with self.step('middle of three deleted'):
            self._drop(middle)
        with self.step('newest of two deleted'):
            self._drop(newest)
        with self.step('last one deleted'):
            self._drop(oldest)

    def _tell_growing(self, volume: Any) -> None:
        with self.step('volume extended while attached'):
            self._cinder.volumes.extend(volume.id, 2)
            self._await(self._cinder.volumes, volume, 'in-use')
        with self.step('volume cloned while attached'):
            clone = self._create(2, source_volid=volume.id)
        with self.step('clone deleted'):
            clone.delete()
            self._await(self._cinder.volumes, clone, None)

    def _tell_resting(self, server: Any, volume: Any) -> None:
        """Have the server stopped and started between snapshots."""
        with self.step('snapshot taken before the server is stopped'):
            older = self._take(volume)
        with self.step('newer one taken before the server is stopped'):
            newer = self._take(volume)
        with self.step('server stopped'):
            server.stop()
            self._await(self._nova.servers, server, 'SHUTOFF')
        with self.step('newer deleted while the server is stopped'):
            self._drop(newer)
        with self.step('another taken while the server is stopped'):
            another = self._take(volume)
        with self.step('older deleted while the server is stopped'):
            self._drop(older)
        with self.step('server started'):
            server.start()
            self._await(self._nova.servers, server, 'ACTIVE')
        with self.step('last one taken once the server runs'):
            last = self._take(volume)
        with self.step('server rebooted hard'):
            server.reboot(reboot_type='HARD')
            self._await(self._nova.servers, server, 'ACTIVE')
        with self.step('older deleted after the reboot'):
            self._drop(another)
        with self.step('last one deleted after the reboot'):
            self._drop(last)

    def _tell_again(self, server: Any, volume: Any) -> None:
        """Have the volume detached and attached between snapshots."""
        with self.step('volume detached'):
            self._detach(server, volume)
        with self.step('snapshot taken while detached'):
            offline = self._take(volume)
        with self.step('volume attached with a snapshot'):
            self._attach(server, volume)
        with self.step('snapshot taken on top of it'):
            online = self._take(volume)
        with self.step('the one from before deleted'):
            self._drop(offline)
        with self.step('volume detached with a snapshot'):
            self._detach(server, volume)
        with self.step('snapshot deleted while detached'):
            self._drop(online)

    def _tell_refused(self, server: Any, volume: Any) -> None:
        """Have Nova asked for what can't be done, as Cinder asks."""
        unknown, snapshot = str(uuid.uuid4()), str(uuid.uuid4())
        with self.step('Nova asked for a snapshot of a detached volume'):
            self._ask_create(volume.id, snapshot)
            self._ask_delete(volume.id, snapshot)
        with self.step('Nova told of the growth of unknown servers and of none'):
            events = [
                {'name': 'volume-extended', 'server_uuid': unknown, 'tag': volume.id},
                {'name': 'volume-extended', 'server_uuid': server.id},
            ]
            for event in events:
                self._refused(
                    lambda event=event: self._asking.server_external_events.create([event])
                )
        with self.step('volume attached again'):
            self._attach(server, volume)
        with self.step('Nova asked for a snapshot that Cinder does not know'):
            self._ask_create(volume.id, snapshot)
        with self.step('Nova asked to delete a snapshot that Cinder does not know'):
            self._ask_delete(volume.id, snapshot)

    @property
    def _asking(self) -> Any:
        return self._site.asking

    def _ask_create(self, volume_id: str, snapshot_id: str) -> None:
        new_file = f'volume-{volume_id}.{snapshot_id}'
        info = {'snapshot_id': snapshot_id, 'type': 'qcow2', 'new_file': new_file}
        self._refused(lambda: self._asking.assisted_volume_snapshots.create(volume_id, info))

    def _ask_delete(self, volume_id: str, snapshot_id: str) -> None:
        info = {
            'volume_id': volume_id,
            'type': 'qcow2',
            'file_to_merge': f'volume-{volume_id}.{snapshot_id}',
            'merge_target_file': f'volume-{volume_id}',
        }
        self._refused(lambda: self._asking.assisted_volume_snapshots.delete(snapshot_id, info))

    @staticmethod
    def _refused(ask: Callable[[], object]) -> None:
        """Ask, and leave it to the recording what the answer is."""
        with contextlib.suppress(nova_exceptions.ClientException):
            ask()

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Keep what is said inside, and what follows from it, as a step."""
        yield
        self._settle(name, self._said)
        calls = self._normaliser.calls(self._new())
        self._passed += len(self._new())
        files = self._normaliser.files(share.listing(self._site.folder))
        self.steps.append(Step(name, calls, files))
        if name == self._last:
            raise _Enough

    def _new(self) -> list[Any]:
        return self._recorder.exchanges()[self._passed :]

    def _said(self) -> list[dict[str, Any]]:
        return Normaliser().calls(self._new())

    def _create(self, size: int, **of: str) -> Any:
        volume = self._cinder.volumes.create(size, volume_type=self._site.volume_type, **of)
        self._await(self._cinder.volumes, volume, 'available')
        return volume

    def _boot(self) -> Any:
        site = self._site
        server = self._nova.servers.create('story', site.image, site.flavor, nics='none')
        self._await(self._nova.servers, server, 'ACTIVE')
        return server

    def _attach(self, server: Any, volume: Any) -> None:
        self._nova.volumes.create_server_volume(server.id, volume.id)
        self._await(self._cinder.volumes, volume, 'in-use')

    def _detach(self, server: Any, volume: Any) -> None:
        self._nova.volumes.delete_server_volume(server.id, volume.id)
        self._await(self._cinder.volumes, volume, 'available')

    def _take(self, volume: Any) -> Any:
        snapshot = self._cinder.volume_snapshots.create(volume.id, force=True)
        self._await(self._cinder.volume_snapshots, snapshot, 'available')
        return snapshot

    def _drop(self, snapshot: Any) -> None:
        snapshot.delete()
        self._await(self._cinder.volume_snapshots, snapshot, None)

    def _await(self, manager: Any, thing: Any, *wanted: str | None) -> None:
        """Wait for one of some statuses, ``None`` for the thing to be gone."""
        deadline = time.monotonic() + self._site.patience
        while (found := _status(manager, thing)) not in wanted:
            if found in _FAILED or time.monotonic() > deadline:
                raise StoryFailed(
                    f'after {[step.step for step in self.steps][-1:]}: {thing} is {found}, not '
                    f'{wanted}'
                )
            time.sleep(_PAUSE_SECONDS)


def _status(manager: Any, thing: Any) -> str | None:
    try:
        return str(manager.get(thing.id).status)
    except _GONE:
        return None
