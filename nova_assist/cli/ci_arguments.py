# SPDX-License-Identifier: Apache-2.0
"""The grammar of ``nova-assist ci``; main classes: :class:`PlanArguments` and its kin."""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
from collections.abc import Callable
from pathlib import Path

from nova_assist.ci.change import PROJECTS, Change, from_environment
from nova_assist.cli import ci_help_text, target
from nova_assist.cli.form import add_form
from nova_assist.cli.help_text import CommandText

_LOGS = 'ci-logs'
# What means nothing to a shell: devstack sources what is made of it.
_EXPORT = re.compile(r'(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]):/[A-Za-z0-9._/-]*')
_CHANGE = ('project', 'change', 'patchset')

#: Adds a command of a name to a parser's commands.
AddCommand = Callable[[str, CommandText], argparse.ArgumentParser]


@dataclasses.dataclass(frozen=True)
class PlanArguments:
    """What ``nova-assist ci plan`` was asked."""

    driver: str
    export: str
    logs: str
    change: Change | None
    form: str


@dataclasses.dataclass(frozen=True)
class LocalConfArguments:
    """What ``nova-assist ci local-conf`` was asked."""

    driver: str
    export: str
    change: Change | None


@dataclasses.dataclass(frozen=True)
class SkipsArguments:
    """What ``nova-assist ci skips`` was asked."""

    skips: tuple[Path, ...]
    form: str


@dataclasses.dataclass(frozen=True)
class PageArguments:
    """What ``nova-assist ci page`` was asked."""

    logs: Path
    output: Path
    skips: tuple[Path, ...]
    change: Change | None
    form: str


CiArguments = PlanArguments | LocalConfArguments | SkipsArguments | PageArguments


def add_ci(command: AddCommand) -> None:
    """Add the helpers of ``nova-assist ci`` and their options."""
    plan = command('plan', ci_help_text.PLAN)
    _add_subject(plan)
    plan.add_argument(
        '--logs',
        metavar='DIR',
        # Some commands are for another folder than the one that they are begun in.
        type=os.path.abspath,
        default=f'/opt/stack/{_LOGS}',
        help='the folder that the commands fill (default: %(default)s)',
    )
    _add_change(plan)
    add_form(plan, ('table', 'json'))
    local_conf = command('local-conf', ci_help_text.LOCAL_CONF)
    _add_subject(local_conf)
    _add_change(local_conf)
    skips = command('skips', ci_help_text.SKIPS)
    _add_skips(skips)
    add_form(skips, ('table', 'json', 'exclude-list'))
    page = command('page', ci_help_text.PAGE)
    page.add_argument(
        '--logs',
        metavar='DIR',
        type=Path,
        required=True,
        help='the folder with what was collected',
    )
    page.add_argument(
        '--output', metavar='DIR', type=Path, required=True, help='the folder for the page, empty'
    )
    _add_skips(page)
    _add_change(page)
    add_form(page, ('table', 'json'))


def ci_arguments(parser: argparse.ArgumentParser, found: argparse.Namespace) -> CiArguments:
    """Return what was asked of ``nova-assist ci``.

    :raises SystemExit: the options don't go together.
    """
    if found.helper == 'skips':
        return SkipsArguments(tuple(found.skips), found.form)
    change = _change(parser, found)
    if found.helper == 'plan':
        return PlanArguments(found.driver, found.share, found.logs, change, found.form)
    if found.helper == 'local-conf':
        return LocalConfArguments(found.driver, found.share, change)
    return PageArguments(found.logs, found.output, tuple(found.skips), change, found.form)


def _add_subject(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--driver',
        metavar='CLASS',
        type=target.class_path,
        required=True,
        help='the path of its class, as volume_driver in cinder.conf names it',
    )
    parser.add_argument(
        '--share', metavar='HOST:/PATH', type=_export, required=True, help='the NFS export'
    )


def _add_skips(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--skips',
        metavar='FILE',
        type=Path,
        action='append',
        default=[],
        help='a list of your own, in YAML; may be given several times',
    )


def _add_change(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--project', choices=sorted(PROJECTS), help='the project of the change')
    parser.add_argument(
        '--change', metavar='N', type=target.count, help='its number in Gerrit, such as 657856'
    )
    parser.add_argument(
        '--patchset', metavar='N', type=target.count, help='the number of the patch set'
    )


def _change(parser: argparse.ArgumentParser, found: argparse.Namespace) -> Change | None:
    given = [getattr(found, name) for name in _CHANGE]
    if not any(given):
        return from_environment(os.environ)
    if not all(given):
        parser.error('--project, --change and --patchset go together')
    return Change(*given)


def _export(word: str) -> str:
    if not _EXPORT.fullmatch(word):
        raise argparse.ArgumentTypeError(
            f'{word!r} is not an export that local.conf can hold; write HOST:/PATH, of letters, '
            'digits, ".", "_", "-" and "/"'
        )
    return word
