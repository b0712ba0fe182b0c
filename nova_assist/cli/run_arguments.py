# SPDX-License-Identifier: Apache-2.0
"""The grammar of the commands that start a cloud or report on one: ``run``, ``cloud``, ``report``.

Main classes: :class:`RunArguments`, :class:`CloudArguments` and :class:`ReportArguments`. What is
put to the test is left to :mod:`nova_assist.cli.target_arguments`.
"""

from __future__ import annotations

import argparse
import dataclasses
import secrets
from pathlib import Path

from nova_assist.cli import target
from nova_assist.cli.form import add_form
from nova_assist.cli.remote_target import RemoteTarget, add_remote, remote_of
from nova_assist.cli.target import Target
from nova_assist.cli.target_arguments import add_keep, add_target, target_of

DEFAULT_REPORT = Path('nova-assist-report')
_SEEDS = 2**32


@dataclasses.dataclass(frozen=True)
class RunArguments:
    """What ``nova-assist run`` was asked; no scenarios means all of them.

    All are those that are not slow, unless ``slow`` says so. With ``crash`` the scenarios are
    operations that Cinder is killed in, at ``sample`` points of each or at all of them.
    ``remote`` is the cloud of others to run them in, if not one for ``target``.
    """

    target: Target
    seed: int
    scenarios: tuple[str, ...] = ()
    crash: bool = False
    sample: int | None = None
    list_only: bool = False
    slow: bool = False
    report: Path = DEFAULT_REPORT
    keep: bool = False
    form: str = 'table'
    command: str = ''
    remote: RemoteTarget | None = None

    @property
    def subject(self) -> Target | RemoteTarget:
        """What is put to the test."""
        return self.remote or self.target


@dataclasses.dataclass(frozen=True)
class CloudArguments:
    """What ``nova-assist cloud`` was asked; no folder means a new one."""

    target: Target
    keep: bool = False
    folder: Path | None = None
    form: str = 'table'


@dataclasses.dataclass(frozen=True)
class ReportArguments:
    """What ``nova-assist report`` was asked."""

    folder: Path
    form: str = 'table'


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``nova-assist run``."""
    _add_scenarios(parser)
    _add_deaths(parser)
    parser.add_argument(
        '--seed',
        metavar='N',
        type=target.seed,
        help='what the random data and sequences come from (default: a new one, reported)',
    )
    parser.add_argument(
        '--report',
        metavar='DIR',
        type=Path,
        default=DEFAULT_REPORT,
        help='where report.json, junit.xml, report.html and logs/ go, in place of those of an '
        'earlier run (default: %(default)s)',
    )
    add_target(parser)
    parser.add_argument(
        '--cluster',
        action='store_true',
        help='have two Cinders of one cluster, active/active: each request that changes something '
        'goes to one of them, chosen by the seed',
    )
    add_remote(parser)
    add_keep(parser)
    add_form(parser, ('table', 'json'))


def run_arguments(
    parser: argparse.ArgumentParser, found: argparse.Namespace, command: str
) -> RunArguments:
    """Return what was asked of ``nova-assist run``.

    :param command: the whole command line, for the report.
    :raises SystemExit: the options don't go together.
    """
    if found.sample is not None and not found.crash:
        parser.error('--sample is for a run with --crash')
    if found.crash and found.shares:
        parser.error('--crash watches one share: leave out --shares')
    remote = remote_of(parser, found)
    return RunArguments(
        target=dataclasses.replace(target_of(parser, found), clustered=found.cluster),
        seed=secrets.randbelow(_SEEDS) if found.seed is None else found.seed,
        scenarios=tuple(dict.fromkeys(found.scenario)),
        crash=found.crash,
        sample=found.sample,
        list_only=found.list,
        slow=found.slow,
        report=found.report,
        keep=found.keep,
        form=found.form,
        command=command,
        remote=remote,
    )


def add_cloud(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``nova-assist cloud``."""
    add_target(parser)
    parser.add_argument(
        '--keep',
        metavar='DIR',
        nargs='?',
        type=Path,
        const=True,
        help="keep the cloud's folder (configuration, database, share) and say where; with DIR "
        'the cloud is in that one, and goes on from what an earlier one has left there',
    )
    add_form(parser, ('table', 'json'))


def cloud_arguments(parser: argparse.ArgumentParser, found: argparse.Namespace) -> CloudArguments:
    """Return what was asked of ``nova-assist cloud``.

    :raises SystemExit: the options don't go together.
    """
    return CloudArguments(
        target=target_of(parser, found),
        keep=found.keep is not None,
        folder=found.keep if isinstance(found.keep, Path) else None,
        form=found.form,
    )


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``nova-assist report``."""
    parser.add_argument(
        'folder',
        metavar='DIR',
        type=Path,
        nargs='?',
        default=DEFAULT_REPORT,
        help='the folder that a run wrote (default: %(default)s)',
    )
    add_form(parser, ('table', 'json', 'junit', 'html'))


def report_arguments(found: argparse.Namespace) -> ReportArguments:
    """Return what was asked of ``nova-assist report``."""
    return ReportArguments(folder=found.folder, form=found.form)


def _add_scenarios(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--scenario',
        metavar='NAME',
        action='append',
        default=[],
        help='run this scenario only, or both of this name without -raw or -qcow2; may be given '
        'several times (default: all but the slow ones)',
    )
    parser.add_argument(
        '--slow', action='store_true', help='run the slow scenarios too; --list says which'
    )
    parser.add_argument('--list', action='store_true', help='list the scenarios, run none')


def _add_deaths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--crash',
        action='store_true',
        help='instead of the scenarios, kill Cinder before the 1st, 2nd, 3rd … effect on the '
        'share of each operation, or compute or QEMU in the middle of it, start it again, and '
        'judge what has become of everything; --scenario NAME@7 is the 7th death only',
    )
    parser.add_argument(
        '--sample',
        metavar='N',
        type=target.count,
        help='with --crash, kill it at N points of each operation only, chosen by the seed '
        '(default: at all of them, which takes an hour or two)',
    )
