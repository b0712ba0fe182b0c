# SPDX-License-Identifier: Apache-2.0
"""Records what Cinder and Nova say to each other on a stack; main function: :func:`record`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nova_assist.cloud.tempest_conf import CONSOLE_GUEST
from tests.stack import reality
from tests.stack.contents import FLAVORS
from tests.stack.deeds import Deeds
from tests.stack.errors import StoryError
from tests.stack.progress import Progress
from tests.stack.settings import BACKEND, Settings
from tests.stack.stack import Stack
from tests.traffic import share
from tests.traffic.exchange import Party
from tests.traffic.recorder import Recorder, Route
from tests.traffic.recording import Recording
from tests.traffic.story import Story
from tests.traffic.telling import Site, StoryFailed

#: Seconds without a word after which a step is over: Nova looks every half a second at most.
_QUIET_SECONDS = 4.0
_PATIENCE = 600.0


def record(stack: Stack, settings: Settings, progress: Progress, path: Path) -> None:
    """Tell the story to its end, and write down what was said.

    :param path: the file to write.
    :raises StoryError: the story did not go as it should.
    """
    folder = Deeds(stack, settings).share
    ports = settings.ports
    routes = {
        Party.CINDER: Route(ports.heard_nova, ports.nova),
        Party.NOVA: Route(ports.heard_cinder, ports.cinder),
    }
    with Recorder(routes, lambda: share.listing(folder)) as recorder:
        story = Story(_site(stack, settings, folder), recorder, _quiet(recorder))
        try:
            with progress.step('story told'):
                story.tell()
        except StoryFailed as error:
            raise StoryError(f'{error}; see {settings.places.logs}') from error
    Recording(reality.versions(settings), story.steps).save(path)


def _site(stack: Stack, settings: Settings, folder: Path) -> Site:
    cloud = stack.cloud
    images = {image.name: image.id for image in cloud.nova.glance.list()}
    return Site(
        cinder=cloud.cinder,
        nova=cloud.nova,
        asking=cloud.nova_of_services,
        folder=folder,
        volume_type=BACKEND,
        image=images[CONSOLE_GUEST],
        flavor=next(iter(FLAVORS)),
        patience=_PATIENCE,
    )


def _quiet(recorder: Recorder) -> Callable[[str, Callable[[], Any]], None]:
    def settle(name: str, said: Callable[[], Any]) -> None:
        until = time.monotonic() + _QUIET_SECONDS
        while (left := until - time.monotonic()) > 0:
            if recorder.wait(left) or not all('status' in call for call in said()):
                until = time.monotonic() + _QUIET_SECONDS

    return settle
