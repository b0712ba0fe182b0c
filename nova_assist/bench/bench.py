# SPDX-License-Identifier: Apache-2.0
"""Plays the parts of a bench; main function: :func:`play`."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import importlib.util
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path

from nova_assist.bench.clouded import clouded
from nova_assist.bench.floor import floor
from nova_assist.bench.parts import PARTS
from nova_assist.bench.results import CONTROL, DRIVER, FLOOR, Results
from nova_assist.bench.turns import Tell, Turns
from nova_assist.cloud.errors import MissingExtraError

#: What draws the pictures.
_PICTURES = 'matplotlib'


def play(folder: Path, results: Results, parts: Sequence[str], tell: Tell) -> None:
    """Measure the parts, and add what is found to the results.

    Both drivers have a cloud of their own, and take turns; nobody asks anything of the one that
    waits.

    :param folder: where the clouds keep their files; it has to be there
    :param parts: names of :data:`~nova_assist.bench.parts.PARTS`
    :raises BenchError: something that is to be measured doesn't work
    :raises nova_assist.cloud.errors.CloudError: a cloud doesn't start, or fails on the way, or
        what draws the pictures isn't installed
    """
    if importlib.util.find_spec(_PICTURES) is None:  # half an hour later would be too late
        raise MissingExtraError(_PICTURES, 'bench')
    began = time.monotonic()
    results.started = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')
    results.machine = _machine()
    chosen = [PARTS[part] for part in parts]
    try:
        with contextlib.ExitStack() as standing:
            turns = _turns(standing, folder, results, tell)
            for part in chosen:
                if not part.alone:
                    part.measure(turns, results)
            tell('stopping the clouds')
        for part in chosen:
            if part.alone:
                part.measure(dataclasses.replace(turns, drivers={}, bare={}), results)
    finally:
        results.seconds = time.monotonic() - began


def _turns(standing: contextlib.ExitStack, folder: Path, results: Results, tell: Tell) -> Turns:
    """Start all subjects, which stand as long as the stack does."""
    tell('starting a cloud for each driver')
    clouds = {
        name: standing.enter_context(
            clouded(folder / name, results.drivers[name], results.image_format)
        )
        for name in (DRIVER, CONTROL)
    }
    own = clouds[DRIVER].cloud
    results.versions = own.versions()
    bare = standing.enter_context(floor(own.folder / FLOOR, own.mark))
    return Turns(
        clouds,
        {FLOOR: bare},
        results.rounds,
        tell,
        own.folder,
        lambda driver: clouded(folder / driver, driver, results.image_format),
    )


def _machine() -> dict[str, str]:
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    return {
        'processors': str(len(os.sched_getaffinity(0))),
        'memory': f'{memory / 2**30:.0f} GiB',
        'kernel': platform.release(),
    }
