# SPDX-License-Identifier: Apache-2.0
"""Runs tempest against the embedded cloud, and says what came of it: ``python -m`` this.

Main function: :func:`main`. It starts ``nova-assist cloud`` with a Keystone and a Barbican, runs
this project's plugin and the stock tests that ``selection.yaml`` names, prints a table, stops the
cloud, and runs the other tests of this folder. Exit codes: 0 all passed, 1 some failed or were
skipped without a listed reason, 2 it could not be tried.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

from nova_assist.ci.results import Result
from tests.judged import OURS
from tests.tempest import running, tables
from tests.tempest.embedded import CloudError, cloud
from tests.tempest.selection import Selection

_ROOT = pathlib.Path(__file__).parents[2]
#: Most tests wait most of the time, for Cinder and for the next line of a guest.
_WORKERS = 4


def main(words: Sequence[str]) -> int:
    """Run what is asked for, print the tables, and return the exit code."""
    arguments = _parse(words)
    whole = arguments.driver == OURS and not (arguments.only or arguments.regex)
    began = time.monotonic()
    selection = Selection.load()
    with tempfile.TemporaryDirectory(prefix='nova-assist-tempest-') as name:
        folder = pathlib.Path(name)
        try:
            with cloud(arguments.driver, arguments.option, folder / 'cloud') as environment:
                print(f'The cloud is up after {time.monotonic() - began:.0f} s', flush=True)
                found, ended = _run(arguments, selection, folder, environment)
        except CloudError as error:
            sys.stderr.write(f'{error}\n')
            return 2
    print(tables.report(found, selection, time.monotonic() - began) if found else '')
    code = running.judge(found, ended, selection, whole=whole)
    return max(code, _pytest()) if whole else code


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--driver', default=OURS, help='the driver of the cloud (default: ours)')
    parser.add_argument(
        '--option', action='append', default=[], help='NAME=VALUE for the driver; repeatable'
    )
    parser.add_argument(
        '--accounts', action='store_true', help='users of accounts.yaml instead of new ones'
    )
    parser.add_argument('--only', choices=('plugin', 'stock'), help='one of the two parts')
    running.add_arguments(parser, workers=_WORKERS)
    return parser.parse_args(words)


def _run(
    arguments: argparse.Namespace,
    selection: Selection,
    folder: pathlib.Path,
    environment: Mapping[str, str],
) -> tuple[list[Result], int]:
    """Run tempest as the cloud tells it, but for what is asked for."""
    wanted = [arguments.regex] if arguments.regex else selection.wanted(arguments.only)
    config = running.configured(
        pathlib.Path(environment['TEMPEST_CONFIG_DIR'], 'tempest.conf'),
        folder / 'tempest.conf',
        arguments.driver,
        arguments.feature,
        accounts=arguments.accounts,
    )
    run = running.Run(folder, selection, wanted, arguments.concurrency)
    return run.carry_out(config, environment)


def _pytest() -> int:
    """Run the tests of this folder; return the exit code."""
    command = [sys.executable, '-m', 'pytest', '-q', '-ra', '--disable-warnings', 'tests/tempest']
    return int(bool(subprocess.run(command, cwd=_ROOT).returncode))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
