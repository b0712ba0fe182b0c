# SPDX-License-Identifier: Apache-2.0
"""The grammar of ``nova-assist bench``; main class: :class:`BenchArguments`."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from nova_assist.bench.parts import PARTS
from nova_assist.cli import target
from nova_assist.cli.form import add_form
from nova_assist.cli.target import DEFAULT_DRIVER

#: What drivers are compared with, unless another one is named.
DEFAULT_CONTROL = 'cinder.volume.drivers.nfs.NfsDriver'

DEFAULT_REPORT = Path('nova-assist-bench')

_ROUNDS = 7


@dataclasses.dataclass(frozen=True)
class BenchArguments:
    """What ``nova-assist bench`` was asked."""

    driver: str = DEFAULT_DRIVER
    control: str = DEFAULT_CONTROL
    parts: tuple[str, ...] = tuple(PARTS)
    rounds: int = _ROUNDS
    volumes: str = 'raw'
    report: Path = DEFAULT_REPORT
    keep: bool = False
    list_only: bool = False
    form: str = 'table'


def add_bench(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``nova-assist bench``."""
    for name, default, what in (
        ('driver', DEFAULT_DRIVER, 'the volume_driver that is measured, any RemoteFS driver'),
        ('control', DEFAULT_CONTROL, 'the one that it is compared with'),
    ):
        parser.add_argument(
            f'--{name}',
            metavar='CLASS',
            type=target.class_path,
            default=default,
            help=f'{what} (default: %(default)s)',
        )
    parser.add_argument(
        '--part',
        metavar='NAME',
        choices=tuple(PARTS),
        action='append',
        default=[],
        help='measure this part only; may be given several times (default: all of them)',
    )
    parser.add_argument('--list', action='store_true', help='list the parts, measure none')
    parser.add_argument(
        '--rounds',
        metavar='N',
        type=target.count,
        default=_ROUNDS,
        help='how often each operation is measured; fewer than five times tell little '
        '(default: %(default)s)',
    )
    parser.add_argument(
        '--volumes',
        choices=('raw', 'qcow2'),
        default='raw',
        help='the format of the volumes (default: %(default)s)',
    )
    parser.add_argument(
        '--report',
        metavar='DIR',
        type=Path,
        default=DEFAULT_REPORT,
        help='where bench.json and bench.html go (default: %(default)s)',
    )
    parser.add_argument(
        '--keep',
        action='store_true',
        help="keep the clouds' working folder (configuration, logs) and say where",
    )
    add_form(parser, ('table', 'json'))


def bench_arguments(found: argparse.Namespace) -> BenchArguments:
    """Return what was asked of ``nova-assist bench``."""
    return BenchArguments(
        driver=found.driver,
        control=found.control,
        parts=tuple(part for part in PARTS if part in (found.part or PARTS)),
        rounds=found.rounds,
        volumes=found.volumes,
        report=found.report,
        keep=found.keep,
        list_only=found.list,
        form=found.form,
    )
