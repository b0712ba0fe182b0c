# SPDX-License-Identifier: Apache-2.0
"""One story on a stack, end to end; main function: :func:`tell`.

A server boots without a network, writes records to a volume all the time while two snapshots of
it are taken and deleted, the older one first, and finds them all when it gets the volume again.
"""

from __future__ import annotations

from typing import Any

from tests.stack.commands import run
from tests.stack.deeds import Deeds, expect
from tests.stack.errors import StoryError
from tests.stack.progress import Progress
from tests.stack.settings import Settings
from tests.stack.stack import Stack


def tell(stack: Stack, settings: Settings, progress: Progress) -> None:
    """Go through all of it.

    :raises StoryError: something went wrong.
    """
    _Smoke(stack, settings, progress).tell()


class _Smoke:
    def __init__(self, stack: Stack, settings: Settings, progress: Progress) -> None:
        self._deeds = Deeds(stack, settings)
        self._stack = stack
        self._settings = settings
        self._step = progress.step

    def tell(self) -> None:
        deeds = self._deeds
        with self._step('volume made'):
            volume = deeds.make(1, name='smoke')
        with self._step('server booted, without a network'):
            server = deeds.boot('smoke')
        with self._step('volume attached, guest writes'):
            deeds.attach(server, volume)
        self._tell_files(volume)
        older = self._take(server, volume, 'older')
        newer = self._take(server, volume, 'newer')
        self._drop(server, volume, older, 'older')
        self._drop(server, volume, newer, 'newer')
        self._tell_files(volume)
        with self._step('detached'):
            records = deeds.detach(server, volume)
        with self._step(f'attached again, at least {records} records right'):
            expect(deeds.attach(server, volume), records)
            deeds.detach(server, volume)
        with self._step('all deleted, nothing left on the share'):
            deeds.delete(deeds.nova.servers, server)
            deeds.delete(deeds.cinder.volumes, volume)
            left = [each.name for each in deeds.files(volume)]
            if left:
                raise StoryError(f'files are left of volume {volume.id}: {", ".join(left)}')

    def _take(self, server: Any, volume: Any, name: str) -> Any:
        with self._step(f'{name} snapshot taken, guest writes on'):
            snapshot = self._deeds.take(volume)
            self._deeds.written(server, volume)
        return snapshot

    def _drop(self, server: Any, volume: Any, snapshot: Any, name: str) -> None:
        with self._step(f'{name} snapshot deleted, guest writes on'):
            self._deeds.drop(snapshot)
            self._deeds.written(server, volume)

    def _tell_files(self, volume: Any) -> None:
        """Print a line for each file of the volume, as the server sees them."""
        listing = ('ls', '-l', str(self._settings.exported))
        for line in run(self._stack.namespace.command(*listing)).splitlines():
            if volume.id in line:
                print(f'{"":21}{line}', flush=True)
