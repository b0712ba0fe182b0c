# SPDX-License-Identifier: Apache-2.0
"""The story told on the embedded cloud; main function: :func:`play`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keystoneauth1 import session, token_endpoint
from novaclient import client as nova_client

from nova_assist.cloud import host
from nova_assist.cloud.cloud import Cloud
from nova_assist.compute.glance.stand_ins import STAND_IN
from tests.judged import OURS
from tests.traffic import share
from tests.traffic.exchange import Party
from tests.traffic.recorder import Recorder, Route
from tests.traffic.recording import Recording, Step
from tests.traffic.story import Story
from tests.traffic.telling import Site

_BACKEND = 'raw'
_PATIENCE = 60.0
_COMPUTE = 'nova_assist.compute'


def play(
    folder: Path,
    expected: Recording,
    *,
    compute: str = _COMPUTE,
    last: str | None = None,
    last_words: float = 30.0,
) -> list[Step]:
    """Tell the story on a cloud in a folder, and return what was said.

    :param expected: what is waited for in each step.
    :param compute: the module to run as the compute service.
    :param last: the step to end with, if not the last of all.
    :param last_words: seconds that what is still missing of a step may take.
    """
    ports = host.choose_ports(dict.fromkeys(('cinder', 'compute', 'to cinder', 'to compute'), 0))
    routes = {
        Party.CINDER: Route(ports['to compute'], ports['compute']),
        Party.NOVA: Route(ports['to cinder'], ports['cinder']),
    }
    cloud = Cloud(
        folder,
        driver=OURS,
        cinder_port=ports['cinder'],
        compute_port=ports['compute'],
        passages={'cinder': ports['to cinder'], 'compute': ports['to compute']},
        compute_command=(sys.executable, '-m', compute),
    )
    path = cloud.shares[_BACKEND].path
    with Recorder(routes, lambda: share.listing(path)) as recorder, cloud:
        site = _site(cloud, ports['to compute'])
        story = Story(site, recorder, _heard(recorder, expected, last_words), last)
        story.tell()
        return story.steps


def _site(cloud: Cloud, port: int) -> Site:
    url = f'http://127.0.0.1:{port}/v2.1'
    as_cinder = session.Session(auth=token_endpoint.Token(url, 'admin:demo'))
    return Site(
        cinder=cloud.cinderclient(),
        nova=cloud.novaclient(),
        asking=nova_client.Client('2.51', session=as_cinder),
        folder=cloud.shares[_BACKEND].path,
        volume_type=_BACKEND,
        image=STAND_IN.id,
        flavor='1',
        patience=_PATIENCE,
    )


def _heard(
    recorder: Recorder, expected: Recording, last_words: float
) -> Callable[[str, Callable[[], list[dict[str, Any]]]], None]:
    """Return what waits until as much was said as is expected, or for as long as makes sense."""
    wanted = {step.step: len(step.calls) for step in expected.steps}

    def settle(name: str, said: Callable[[], list[dict[str, Any]]]) -> None:
        deadline = time.monotonic() + last_words
        while (left := deadline - time.monotonic()) > 0:
            calls = said()
            if len(calls) >= wanted.get(name, 0) and all('status' in call for call in calls):
                return
            recorder.wait(left)

    return settle
