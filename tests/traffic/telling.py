# SPDX-License-Identifier: Apache-2.0
"""How a story is told: what may be done in it, and its steps, with what was said in each.

Main class: :class:`Telling`. What is done is left to :mod:`tests.traffic.story`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from novaclient import exceptions as nova_exceptions

from tests.asking import Asking
from tests.statuses import FAILED, status
from tests.traffic import share
from tests.traffic.exchange import Exchange
from tests.traffic.normal import Normaliser
from tests.traffic.recorder import Recorder
from tests.traffic.recording import Step

_PAUSE_SECONDS = 0.1


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


class Enough(Exception):
    """The last step that was asked for is told."""


class Telling(Asking):
    """Does what a story asks for, and keeps what was said in each step.

    :param last: the step to end with, if not the last of all.
    """

    def __init__(
        self, site: Site, recorder: Recorder, settle: Settle, last: str | None = None
    ) -> None:
        super().__init__(site.cinder, site.nova, site.volume_type)
        self._site = site
        self._recorder = recorder
        self._settle = settle
        self._normaliser = Normaliser()
        self._last = last
        self._passed = 0
        self.steps: list[Step] = []

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Keep what is said inside, and what follows from it, as a step."""
        yield
        self._settle(name, self._said)
        new = self._new()
        self._passed += len(new)
        calls = self._normaliser.calls(new)
        files = self._normaliser.files(share.listing(self._site.folder))
        self.steps.append(Step(name, calls, files))
        if name == self._last:
            raise Enough

    def _new(self) -> list[Exchange]:
        return self._recorder.exchanges()[self._passed :]

    def _said(self) -> list[dict[str, Any]]:
        return Normaliser().calls(self._new())

    def boot(self) -> Any:
        """Have a server started."""
        return self.start('story', self._site.image, self._site.flavor)

    def await_status(self, manager: Any, thing: Any, wanted: str | None) -> None:
        """Wait for a status, ``None`` for the thing to be gone.

        :raises StoryFailed: it isn't reached.
        """
        deadline = time.monotonic() + self._site.patience
        while (found := status(manager, thing)) != wanted:
            if found in FAILED or time.monotonic() > deadline:
                after = self.steps[-1].step if self.steps else 'the beginning'
                raise StoryFailed(f'after "{after}" {thing} is {found}, not {wanted}')
            time.sleep(_PAUSE_SECONDS)

    def ask_create(self, volume_id: str, snapshot_id: str) -> None:
        new_file = f'volume-{volume_id}.{snapshot_id}'
        info = {'snapshot_id': snapshot_id, 'type': 'qcow2', 'new_file': new_file}
        self.refused(lambda: self._site.asking.assisted_volume_snapshots.create(volume_id, info))

    def ask_delete(self, volume_id: str, snapshot_id: str) -> None:
        info = {
            'volume_id': volume_id,
            'type': 'qcow2',
            'file_to_merge': f'volume-{volume_id}.{snapshot_id}',
            'merge_target_file': f'volume-{volume_id}',
        }
        self.refused(lambda: self._site.asking.assisted_volume_snapshots.delete(snapshot_id, info))

    @staticmethod
    def refused(ask: Callable[[], object]) -> None:
        """Ask, and leave it to the recording what the answer is."""
        with contextlib.suppress(nova_exceptions.ClientException):
            ask()
