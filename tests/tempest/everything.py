# SPDX-License-Identifier: Apache-2.0
"""Runs tempest against the embedded cloud, and says what came of it: ``python -m`` this.

Main function: :func:`main`. It starts ``nova-assist cloud --identity keystone``, runs this
project's plugin and the stock tests that ``selection.yaml`` names, prints a table, stops the
cloud, and runs the other tests of this folder. Exit codes: 0 all passed, 1 some failed or were
skipped without a listed reason, 2 it could not be tried.
"""

from __future__ import annotations

import argparse
import configparser
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

from tests.judged import OURS
from tests.tempest import results, tables
from tests.tempest.embedded import CloudError, cloud, environment_of
from tests.tempest.results import Result
from tests.tempest.selection import Selection

_ROOT = pathlib.Path(__file__).parents[2]
#: Most tests wait most of the time, for Cinder and for the next line of a guest.
_WORKERS = 4
#: What this project's driver can do beyond what the options take for granted.
_FEATURES = ('boot_from_volume', 'clone_attached', 'extend_attached', 'revert', 'upload')


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
    if not any(each.verdict == 'passed' for each in found):
        sys.stderr.write('No test passed, nor may any have been run: see above\n')
    print(tables.report(found, selection, time.monotonic() - began) if found else '')
    code = _judge(found, ended, selection, whole)
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
    parser.add_argument(
        '--feature',
        action='append',
        default=[],
        metavar='NAME',
        help='what another driver can do: an option of [assisted_snapshots]; repeatable',
    )
    parser.add_argument('--only', choices=('plugin', 'stock'), help='one of the two parts')
    parser.add_argument('--regex', help='tests of these names instead')
    parser.add_argument(
        '--concurrency', type=int, default=_WORKERS, help=f'workers (default: {_WORKERS})'
    )
    return parser.parse_args(words)


def _run(
    arguments: argparse.Namespace,
    selection: Selection,
    folder: pathlib.Path,
    environment: Mapping[str, str],
) -> tuple[list[Result], int]:
    """Run tempest in a workspace of its own; return what it found and its exit code."""
    wanted = [arguments.regex] if arguments.regex else selection.wanted(arguments.only)
    (folder / 'run').write_text('\n'.join(wanted) + '\n')
    (folder / 'leave-out').write_text('\n'.join(selection.leave_out) + '\n')
    tempest = pathlib.Path(sys.executable).with_name('tempest')
    command = [str(tempest), 'run', '--subunit', '--concurrency', str(arguments.concurrency)]
    command += ['--config-file', str(_config(folder, environment, arguments))]
    command += ['--include-list', str(folder / 'run')]
    command += ['--exclude-list', str(folder / 'leave-out')] if selection.leave_out else []
    workspace = folder / 'workspace'
    workspace.mkdir()
    own = environment_of({**environment, 'HOME': str(folder)})
    with subprocess.Popen(command, cwd=workspace, env=own, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        found = results.read(process.stdout, _show)
    return found, process.returncode


def _config(
    folder: pathlib.Path, environment: Mapping[str, str], arguments: argparse.Namespace
) -> pathlib.Path:
    """Return a ``tempest.conf`` as the cloud has written it, but for what is asked for."""
    parser = configparser.RawConfigParser()
    parser.read(pathlib.Path(environment['TEMPEST_CONFIG_DIR'], 'tempest.conf'))
    if arguments.accounts:
        parser['auth']['use_dynamic_credentials'] = 'false'
    known = _FEATURES if arguments.driver == OURS else ()
    for feature in (*known, *arguments.feature):
        parser['assisted_snapshots'][feature] = 'true'
    changed = folder / 'tempest.conf'
    with changed.open('w') as file:
        parser.write(file)
    return changed


def _show(result: Result) -> None:
    if '.' in result.name:
        print(f'{result.verdict:<8} {result.seconds:6.1f} s  {result.name}', flush=True)


def _judge(found: Sequence[Result], ended: int, selection: Selection, whole: bool) -> int:
    """Say what is wrong beside failures; return the exit code."""
    verdicts = {each.verdict for each in found}
    if 'passed' not in verdicts and 'failed' not in verdicts:
        return 2
    wrong = 'failed' in verdicts or bool(selection.unexplained(found))
    if ended and not wrong:
        print(f'tempest ended with {ended} though no test failed')
        wrong = True
    for pattern in selection.needless(found) if whole else ():
        print(f'{pattern} is listed as skipped in selection.yaml, and was not skipped')
        wrong = True
    return int(wrong)


def _pytest() -> int:
    """Run the tests of this folder; return the exit code."""
    command = [sys.executable, '-m', 'pytest', '-q', '-ra', '--disable-warnings', 'tests/tempest']
    return int(bool(subprocess.run(command, cwd=_ROOT).returncode))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
