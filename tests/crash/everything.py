# SPDX-License-Identifier: Apache-2.0
"""Kills Cinder at every point of every operation, and says what was lost: ``python -m`` this.

Main function: :func:`main`. It is ``nova-assist run --crash``, for raw and for qcow2 volumes at
the same time, and then the parts of this folder that pytest runs. Exit codes: 0 nothing was lost,
1 something was, 2 it could not be tried.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from typing import Any

from nova_assist.faults.operations import OPERATIONS
from nova_assist.scenarios import cached_images
from tests import accounts

_ROOT = pathlib.Path(__file__).parents[2]
_COULD_NOT_RUN = 2
_FORMATS = ('raw', 'qcow2')
_OURS = 'driver.nfs.NfsDriver'
# So that a death of compute, of which nobody tells Cinder, is noticed in seconds.
_PATIENCE = (
    'nfs_assisted_create_timeout=10',
    'nfs_assisted_delete_timeout=10',
    'nfs_assisted_extend_timeout=10',
)
# With the image cache, in which other operations would leave volumes.
_CACHING = 'cache-'
# With two Cinders of one cluster, which not every driver serves.
_CLUSTERED = 'cluster-'
# Other drivers wait for compute for up to two hours, each time.
_ENDLESS = 'compute-'
_FAULTS = {'data': 'lost data', 'chain': 'broken chains', 'orphans': 'orphans', 'api': 'stuck'}


@dataclasses.dataclass(frozen=True)
class Ended:
    """How one process ended; ``scenarios`` are of its report."""

    code: int
    scenarios: list[dict[str, Any]]


def main() -> int:
    """Run everything, or what is asked for, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--driver', default=_OURS, help='the driver to kill (default: ours)')
    parser.add_argument(
        '--sample',
        type=int,
        help='points of each operation, on volumes of one format each (default: all, on both)',
    )
    parser.add_argument('--seed', type=int, default=time.time_ns() % 2**32, help='of the sample')
    parser.add_argument(
        '--secure',
        action='store_true',
        help='in secure mode, under accounts of their own; of a sample it is one of the formats '
        'otherwise, chosen by the seed, where the machine lets us have accounts',
    )
    parser.add_argument('--only', action='append', default=[], help='an operation; repeatable')
    arguments = parser.parse_args()
    if accounts.refusal() and (arguments.secure or arguments.sample is not None):
        sys.stderr.write(f'no secure mode: {accounts.refusal()}\n')
        if arguments.secure:
            return _COULD_NOT_RUN
    began = time.monotonic()
    dealt = _deal(arguments)
    with concurrent.futures.ThreadPoolExecutor(len(dealt)) as pool:
        ended = list(pool.map(lambda each: _kill(arguments, each, dealt[each]), dealt))
    scenarios = [each for one in ended for each in one.scenarios]
    print(_table(scenarios))
    extent = (
        'every point'
        if arguments.sample is None
        else (f'a sample of {arguments.sample} of each operation, seed {arguments.seed}')
    )
    print(f'{_summary(scenarios)} ({extent}; {time.monotonic() - began:.0f} s)')
    code = max(one.code for one in ended)
    if arguments.driver == _OURS and not arguments.only:
        code = max(code, _pytest(arguments.sample))
    return code


def _deal(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Return the operations to try on volumes of each format; the seed deals those of a sample."""
    names = arguments.only or _operations(arguments.driver)
    if arguments.sample is None:
        return dict.fromkeys(_FORMATS, names)
    shuffled = random.Random(arguments.seed).sample(names, len(names))
    parts = {each: shuffled[number :: len(_FORMATS)] for number, each in enumerate(_FORMATS)}
    return {each: part for each, part in parts.items() if part}


def _around(arguments: argparse.Namespace, image_format: str) -> accounts.Around:
    """Return what has commands for a format run in secure mode, or as they are; tell which."""
    dealt = arguments.sample is not None and arguments.driver == _OURS and not accounts.refusal()
    chosen = dealt and random.Random(f'{arguments.seed}/secure').choice(_FORMATS) == image_format
    if not arguments.secure and not chosen:
        return list
    print(f'{image_format} volumes are in secure mode', flush=True)
    return lambda command: accounts.among_accounts([*command, *accounts.SECURE])


def _kill(arguments: argparse.Namespace, image_format: str, names: Iterable[str]) -> Ended:
    """Run operations on volumes of one format, those that want another cloud in one of theirs."""
    parts: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        parts.setdefault(_words(name), []).append(name)
    around = _around(arguments, image_format)
    ended = [_run(arguments, image_format, part, words, around) for words, part in parts.items()]
    return Ended(
        max(one.code for one in ended), [found for one in ended for found in one.scenarios]
    )


def _words(name: str) -> tuple[str, ...]:
    """Return what makes the cloud that an operation wants."""
    if name.startswith(_CACHING):
        return cached_images.WORDS
    return ('--cluster',) if name.startswith(_CLUSTERED) else ()


def _run(
    arguments: argparse.Namespace,
    image_format: str,
    names: Iterable[str],
    further: Sequence[str],
    around: accounts.Around,
) -> Ended:
    """Run operations in one cloud.

    :param further: words for the command
    :param around: what makes of it the one that is run
    """
    with tempfile.TemporaryDirectory(prefix='nova-assist-crash-') as folder:
        command = [sys.executable, '-m', 'nova_assist', 'run', '--crash', '--report', folder]
        command += ['--driver', arguments.driver, '--seed', str(arguments.seed)]
        if arguments.sample is not None:
            command += ['--sample', str(arguments.sample)]
        command += further
        if arguments.driver == _OURS:
            command += [word for option in _PATIENCE for word in ('--option', option)]
        for name in names:
            command += ['--scenario', f'{name}-{image_format}']
        ended = subprocess.run(around(command), cwd=_ROOT, stdout=subprocess.DEVNULL)
        report = pathlib.Path(folder, 'report.json')
        found = json.loads(report.read_text())['scenarios'] if report.exists() else []
        if ended.returncode and report.exists():
            print(_told(found))
    return Ended(ended.returncode, found)


def _operations(driver: str) -> list[str]:
    return [
        name
        for name in OPERATIONS
        if driver == _OURS or not name.startswith((_ENDLESS, _CLUSTERED))
    ]


def _told(scenarios: Iterable[dict[str, Any]]) -> str:
    lines = []
    for scenario in scenarios:
        for step in scenario['steps']:
            lines += [
                f'{scenario["name"]}, {step["name"]}: {finding["judge"]}: {finding["fault"]}'
                for finding in step['findings']
            ]
    return '\n'.join(lines)


def _table(scenarios: Iterable[dict[str, Any]]) -> str:
    """Return a line for each operation: its points, and at how many of them which fault was."""
    faults = ''.join(f'{words:>15}' for words in _FAULTS.values())
    lines = [f'{"operation":<30}{"points":>8}{"passed":>8}{faults}{"seconds":>9}']
    for scenario in scenarios:
        steps = scenario['steps']
        judges = _judges(steps)
        faults = ''.join(f'{judges[judge]:>15}' for judge in _FAULTS)
        lines.append(
            f'{scenario["name"]:<30}{len(steps):>8}{_passed(steps):>8}{faults}'
            f'{scenario["seconds"]:>9.0f}'
        )
    return '\n'.join(lines)


def _summary(scenarios: list[dict[str, Any]]) -> str:
    steps = [step for scenario in scenarios for step in scenario['steps']]
    judges = _judges(steps)
    faults = ', '.join(f'{judges[judge]} {words}' for judge, words in _FAULTS.items())
    return f'{len(steps)} crash points tried, {_passed(steps)} passed: {faults}'


def _passed(steps: Iterable[dict[str, Any]]) -> int:
    return sum(step['verdict'] == 'pass' for step in steps)


def _judges(steps: Iterable[dict[str, Any]]) -> collections.Counter[str]:
    """Return at how many points each judge found a fault."""
    return collections.Counter(
        judge for step in steps for judge in {finding['judge'] for finding in step['findings']}
    )


def _pytest(sample: int | None) -> int:
    """Run the tests of this folder, all of them or a part."""
    environment = dict(os.environ)
    if sample is not None:
        environment.setdefault('NOVA_ASSIST_PAIRS', '7')
        environment['NOVA_ASSIST_SAMPLE'] = str(sample)
    command = [sys.executable, '-m', 'pytest', '-q', '-ra', '--disable-warnings', 'tests/crash']
    return int(bool(subprocess.run(command, cwd=_ROOT, env=environment).returncode))


if __name__ == '__main__':
    sys.exit(main())
