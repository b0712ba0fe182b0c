# SPDX-License-Identifier: Apache-2.0
"""``python -m tests.stack``: up, one story, scenarios and tempest if asked for, down.

Main function: :func:`main`. With ``--share nfs`` it starts itself anew inside the NFS lab, once
all is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence

from tests.judged import OURS
from tests.stack import (
    arguments,
    faults,
    outcomes,
    packages,
    reality,
    recording,
    scenarios,
    settings,
    smoke,
    stack,
    tempest,
)
from tests.stack.errors import StackError, StoryError, UnfitMachineError
from tests.stack.guest import image
from tests.stack.progress import MemoryMeter, Progress
from tests.stack.settings import Places, Ports, Settings, Share

_LAB = packages.ROOT / 'tests/lab/lab'
_LAB_OPTIONS = ('--mem', '10G', '--time-limit', '14400')


def main(words: Sequence[str]) -> int:
    """Do what is asked for; return the exit code."""
    asked = arguments.parse(words)
    places = Places(asked.base.resolve(), os.environ.get('SERIES') or '2026.1')
    progress = Progress()
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        if os.geteuid() != 0:
            raise UnfitMachineError('mounts and accounts need root; start it with sudo')
        with _alone(places):
            return _do(asked, places, words, progress)
    except StoryError as error:
        sys.stderr.write(f'stack: {error}\n')
        return 1
    except KeyboardInterrupt:
        return 130
    except StackError as error:
        # What went wrong first is what to look at; taking it down may have failed, too.
        for each in filter(None, (error.__context__, error)):
            sys.stderr.write(f'stack: {each}\n')
        return 2


def _do(
    asked: argparse.Namespace, places: Places, words: Sequence[str], progress: Progress
) -> int:
    if asked.down:
        with progress.step('down'):
            stack.down(places)
        return 0
    with progress.part('install'):
        guest = _install(places, asked.python, progress)
    if asked.share is Share.NFS and not reality.in_lab():
        return _in_lab(places, words)
    return _run(_settings(asked, places), asked, guest, progress)


@contextlib.contextmanager
def _alone(places: Places) -> Iterator[None]:
    """Keep others from the same stack meanwhile.

    :raises StackError: another one is at it.
    """
    places.base.mkdir(parents=True, exist_ok=True)
    with (places.base / 'lock').open('w') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(f'another run is under way in {places.base}') from error
        yield


def _interrupted(number: int, frame: object) -> None:
    """End as after Ctrl-C: the stack is taken down."""
    raise KeyboardInterrupt


def _install(places: Places, python: str, progress: Progress) -> image.Guest:
    # What runs is not to change, and what is read-only inside the lab was installed outside.
    if not (reality.in_lab() or stack.namespace_of(places).first):
        packages.install(places, python, progress)
    with progress.step('guest built'):
        return image.build(places.guest)


def _in_lab(places: Places, words: Sequence[str]) -> int:
    """Do all the same inside the lab; only logs are kept of what is written there."""
    places.logs.mkdir(exist_ok=True)
    lab = [str(_LAB), *_LAB_OPTIONS, '--share', str(places.logs), '--']
    return subprocess.run([*lab, sys.executable, '-m', 'tests.stack', *words]).returncode


def _settings(asked: argparse.Namespace, places: Places) -> Settings:
    export, exported = arguments.exported(asked, places.state)
    return Settings(
        places=places,
        ports=Ports.following(asked.port_base),
        password=settings.password(places),
        driver=asked.driver,
        options={**_patience(asked), **dict(asked.option)},
        share=asked.share,
        export=export,
        exported=exported,
        secure=asked.secure,
        cinder_user=asked.cinder_user,
        # Then it is QEMU's account, too.
        nova_user=asked.nova_user if asked.dynamic_ownership else 'nova',
        dynamic_ownership=bool(asked.dynamic_ownership),
        mount_options=asked.mount_options,
        recorded=asked.record is not None,
    )


def _run(
    wanted: Settings, asked: argparse.Namespace, guest: image.Guest, progress: Progress
) -> int:
    one = stack.Stack(wanted, progress)
    meter = MemoryMeter(one.namespace.processes)
    up = one.namespace.first is not None
    if up and not wanted.is_saved():
        raise StackError('another stack is up there; take it down first: --down')
    with contextlib.ExitStack() as end:
        end.callback(lambda: print(_summary(progress, meter)))
        # Of what did not come up only logs are of use.
        end.callback(lambda: None if asked.keep and up else _take_down(wanted, progress))
        end.enter_context(meter.running())
        with progress.part('start'):
            # One that is up already, and was asked for with the same, is gone on with.
            if up:
                one.supervisor.check()
            else:
                one.up(guest)
        up = True
        print(reality.told(wanted, one.namespace), flush=True)
        with progress.part('tests'):
            if asked.record:
                recording.record(one, wanted, progress, asked.record)
                return 0
            smoke.tell(one, wanted, progress)
            return max(
                _scenarios(one, wanted, asked),
                _faults(one, wanted, asked, progress),
                _tempest(one, wanted, asked),
            )


def _scenarios(one: stack.Stack, settings: Settings, asked: argparse.Namespace) -> int:
    return scenarios.run(one, settings, asked.scenarios) if asked.scenarios else 0


def _patience(asked: argparse.Namespace) -> Mapping[str, str]:
    return faults.OPTIONS if asked.faults is not None and asked.driver == OURS else {}


def _faults(
    one: stack.Stack, settings: Settings, asked: argparse.Namespace, progress: Progress
) -> int:
    if asked.faults is None:
        return 0
    found = faults.run(one, settings, progress, asked.faults)
    print(outcomes.table(found), flush=True)
    if asked.faults_json:
        outcomes.save(found, asked.faults_json)
    return int(any(each.fault for each in found))


def _tempest(one: stack.Stack, settings: Settings, asked: argparse.Namespace) -> int:
    if not (asked.tempest or asked.regex):
        return 0
    part = None if asked.tempest == 'all' else asked.tempest
    choice = tempest.Choice(part, asked.regex, tuple(asked.feature), asked.concurrency)
    return tempest.run(one, settings, choice)


def _take_down(settings: Settings, progress: Progress) -> None:
    with progress.part('down'), progress.step('down'):
        stack.down(settings.places)


def _summary(progress: Progress, meter: MemoryMeter) -> str:
    return f'{progress.split()}; at most {meter.peak / 2**30:.1f} GiB of memory'


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
