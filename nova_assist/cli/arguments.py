# SPDX-License-Identifier: Apache-2.0
"""The command line's grammar and help, and its result as checked values.

Main function: :func:`parse`. The grammar of each command is left to
:mod:`nova_assist.cli.run_arguments`, :mod:`nova_assist.cli.share_arguments`,
:mod:`nova_assist.cli.conformance_arguments`, :mod:`nova_assist.cli.bench_arguments` and
:mod:`nova_assist.cli.ci_arguments`, carrying it out to the module that bears its name.
"""

from __future__ import annotations

import argparse
import functools
import importlib.metadata
from collections.abc import Sequence
from typing import Any, NoReturn

from nova_assist.cli import ci_help_text, help_text
from nova_assist.cli.bench_arguments import BenchArguments, add_bench, bench_arguments
from nova_assist.cli.ci_arguments import CiArguments, add_ci, ci_arguments
from nova_assist.cli.conformance_arguments import (
    ConformanceArguments,
    add_conformance,
    conformance_arguments,
)
from nova_assist.cli.errors import ExitCode
from nova_assist.cli.run_arguments import (
    CloudArguments,
    ReportArguments,
    RunArguments,
    add_cloud,
    add_report,
    add_run,
    cloud_arguments,
    report_arguments,
    run_arguments,
)
from nova_assist.cli.share_arguments import (
    ChainArguments,
    CheckArguments,
    add_chain,
    add_check,
    chain_arguments,
    check_arguments,
)

Arguments = (
    RunArguments
    | CloudArguments
    | ReportArguments
    | CheckArguments
    | ChainArguments
    | ConformanceArguments
    | BenchArguments
    | CiArguments
)


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.COULD_NOT_RUN, f'{self.prog}: {message} (see {self.prog} --help)\n')


def parse(words: Sequence[str], command: str) -> Arguments:
    """Return what ``words`` ask for.

    :param command: the whole command line, for the report.
    :raises SystemExit: the words are wrong, or asked for help or the version; it was printed.
    """
    found, left = _parser().parse_known_args(words)
    # That of the command, whose help is the one to be looked at.
    parser: argparse.ArgumentParser = found.parser
    if left:
        parser.error(f'unrecognized arguments: {" ".join(left)}')
    if found.command == 'report':
        return report_arguments(found)
    if found.command == 'check':
        return check_arguments(parser, found)
    if found.command == 'chain':
        return chain_arguments(found)
    if found.command == 'conformance':
        return conformance_arguments(found)
    if found.command == 'bench':
        return bench_arguments(found)
    if found.command == 'ci':
        return ci_arguments(parser, found)
    if found.command == 'cloud':
        return cloud_arguments(parser, found)
    return run_arguments(parser, found, command)


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
    add_run(_command(commands, 'run', help_text.RUN))
    add_cloud(_command(commands, 'cloud', help_text.CLOUD))
    add_report(_command(commands, 'report', help_text.REPORT))
    add_check(_command(commands, 'check', help_text.CHECK))
    add_chain(_command(commands, 'chain', help_text.CHAIN))
    add_conformance(_command(commands, 'conformance', help_text.CONFORMANCE))
    add_bench(_command(commands, 'bench', help_text.BENCH))
    helpers = _command(commands, 'ci', ci_help_text.CI).add_subparsers(
        dest='helper', metavar='HELPER', required=True
    )
    add_ci(functools.partial(_command, helpers))
    return parser


def _version() -> str:
    try:
        return f'nova-assist {importlib.metadata.version("nova-assist")}'
    except importlib.metadata.PackageNotFoundError:
        return 'nova-assist, not installed'


def _command(
    commands: argparse._SubParsersAction[Any], name: str, text: help_text.CommandText
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text.summary,
        description=text.description,
        epilog=text.epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(parser=command)
    return command
