# SPDX-License-Identifier: Apache-2.0
"""The command line's grammar and help, and its result as checked values.

Main function: :func:`parse`. Carrying out a command is left to the module that bears its name.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.metadata
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from nova_assist.accounts import DEFAULTS
from nova_assist.cli import help_text, target
from nova_assist.cli.errors import ExitCode
from nova_assist.cli.form import add_form
from nova_assist.cli.share_arguments import (
    ChainArguments,
    CheckArguments,
    add_chain,
    add_check,
    chain_arguments,
    check_arguments,
)
from nova_assist.cli.target import DEFAULT_DRIVER, Target

DEFAULT_REPORT = Path('nova-assist-report')
_SEEDS = 2**32


@dataclasses.dataclass(frozen=True)
class RunArguments:
    """What ``nova-assist run`` was asked; no scenarios means all of them.

    With ``crash`` the scenarios are operations that Cinder is killed in, at ``sample`` points of
    each or at all of them.
    """

    target: Target
    seed: int
    scenarios: tuple[str, ...] = ()
    crash: bool = False
    sample: int | None = None
    list_only: bool = False
    report: Path = DEFAULT_REPORT
    keep: bool = False
    form: str = 'table'
    command: str = ''


@dataclasses.dataclass(frozen=True)
class CloudArguments:
    """What ``nova-assist cloud`` was asked."""

    target: Target
    keep: bool = False
    form: str = 'table'


@dataclasses.dataclass(frozen=True)
class ReportArguments:
    """What ``nova-assist report`` was asked."""

    folder: Path
    form: str = 'table'


Arguments = RunArguments | CloudArguments | ReportArguments | CheckArguments | ChainArguments


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.COULD_NOT_RUN, f'{self.prog}: {message} (see {self.prog} --help)\n')


def parse(words: Sequence[str], command: str) -> Arguments:
    """Return what ``words`` ask for.

    :param command: the whole command line, for the report.
    :raises SystemExit: the words are wrong, or asked for help or the version; it was printed.
    """
    parser = _parser()
    found = parser.parse_args(words)
    if found.command == 'report':
        return ReportArguments(folder=found.folder, form=found.form)
    if found.command == 'check':
        return check_arguments(parser, found)
    if found.command == 'chain':
        return chain_arguments(found)
    aim = _target(parser, found)
    if found.command == 'cloud':
        return CloudArguments(target=aim, keep=found.keep, form=found.form)
    if found.sample is not None and not found.crash:
        parser.error('--sample is for a run with --crash')
    return RunArguments(
        target=aim,
        seed=secrets.randbelow(_SEEDS) if found.seed is None else found.seed,
        scenarios=tuple(dict.fromkeys(found.scenario)),
        crash=found.crash,
        sample=found.sample,
        list_only=found.list,
        report=found.report,
        keep=found.keep,
        form=found.form,
        command=command,
    )


def _target(parser: argparse.ArgumentParser, found: argparse.Namespace) -> Target:
    for what, pairs in (('option', found.option), ('account', found.account)):
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                parser.error(f'{what} {key} is given {keys.count(key)} times')
    if found.account and not found.secure:
        parser.error('--account is for a run in secure mode: add --secure')
    if found.cinder_port and found.cinder_port == found.compute_port:
        parser.error(f'--cinder-port and --compute-port are both {found.cinder_port}')
    return Target(
        driver=found.driver,
        share=found.share,
        options=tuple(found.option),
        cinder_port=found.cinder_port,
        compute_port=found.compute_port,
        secure=found.secure,
        accounts=tuple(found.account),
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog='nova-assist',
        description=help_text.DESCRIPTION,
        epilog=help_text.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument('--version', action='version', version=_version())
    commands = parser.add_subparsers(dest='command', metavar='COMMAND', required=True)
    _add_run(_command(commands, 'run', help_text.RUN))
    _add_cloud(_command(commands, 'cloud', help_text.CLOUD))
    _add_report(_command(commands, 'report', help_text.REPORT))
    add_check(_command(commands, 'check', help_text.CHECK))
    add_chain(_command(commands, 'chain', help_text.CHAIN))
    return parser


def _version() -> str:
    try:
        return f'nova-assist {importlib.metadata.version("nova-assist")}'
    except importlib.metadata.PackageNotFoundError:
        return 'nova-assist, not installed'


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, text: help_text.CommandText
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text.summary,
        description=text.description,
        epilog=text.epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--scenario',
        metavar='NAME',
        action='append',
        default=[],
        help='run this scenario only, or both of this name without -raw or -qcow2; may be given '
        'several times (default: all)',
    )
    parser.add_argument('--list', action='store_true', help='list the scenarios, run none')
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
    _add_target(parser)
    _add_keep(parser)
    add_form(parser, ('table', 'json'))


def _add_cloud(parser: argparse.ArgumentParser) -> None:
    _add_target(parser)
    _add_keep(parser)
    add_form(parser, ('table', 'json'))


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'folder',
        metavar='DIR',
        type=Path,
        nargs='?',
        default=DEFAULT_REPORT,
        help='the folder that a run wrote (default: %(default)s)',
    )
    add_form(parser, ('table', 'json', 'junit', 'html'))


def _add_target(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('what is put to the test')
    group.add_argument(
        '--driver',
        metavar='CLASS',
        type=target.class_path,
        default=DEFAULT_DRIVER,
        help='the volume_driver of cinder.conf, any RemoteFS driver (default: %(default)s)',
    )
    group.add_argument(
        '--share',
        metavar='SHARE',
        type=target.share,
        help='a real share, which is mounted as root, or an existing local folder'
        ' (default: a local folder of its own, needs no root)',
    )
    group.add_argument(
        '--option',
        metavar='KEY=VALUE',
        type=target.option,
        action='append',
        default=[],
        help="an option for the driver's section of cinder.conf; may be given several times",
    )
    group.add_argument(
        '--secure',
        action='store_true',
        help='run Cinder and QEMU under accounts of their own, with nas_secure_file_operations '
        'and nas_secure_file_permissions true; needs root to do so',
    )
    group.add_argument(
        '--account',
        metavar='ROLE=NAME',
        type=target.account,
        action='append',
        default=[],
        help='with --secure, the account that is cinder, hypervisor or outsider; may be given '
        f'once for each (default: {_default_accounts()})',
    )
    for service in ('cinder', 'compute'):
        group.add_argument(
            f'--{service}-port',
            metavar='N',
            type=target.port,
            default=0,
            help=f"the port of the {service} service's API on 127.0.0.1 (default: any free one)",
        )


def _default_accounts() -> str:
    return ', '.join(f'{role}={name}' for role, name in DEFAULTS.items())


def _add_keep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--keep',
        action='store_true',
        help="keep the cloud's working folder (configuration, database, share) and say where",
    )
