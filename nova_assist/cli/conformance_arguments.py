# SPDX-License-Identifier: Apache-2.0
"""The grammar of ``nova-assist conformance``; main class: :class:`ConformanceArguments`."""

from __future__ import annotations

import argparse
import dataclasses

from nova_assist.cli import target
from nova_assist.cli.form import add_form


@dataclasses.dataclass(frozen=True)
class ConformanceArguments:
    """What ``nova-assist conformance`` was asked: the path of a driver's class."""

    driver: str
    form: str = 'table'


def add_conformance(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``nova-assist conformance``."""
    parser.add_argument(
        'driver',
        metavar='CLASS',
        type=target.class_path,
        help='the path of the class, as volume_driver in cinder.conf names it',
    )
    add_form(parser, ('table', 'json'))


def conformance_arguments(found: argparse.Namespace) -> ConformanceArguments:
    """Return what was asked of ``nova-assist conformance``."""
    return ConformanceArguments(driver=found.driver, form=found.form)
