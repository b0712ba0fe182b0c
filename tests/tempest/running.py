# SPDX-License-Identifier: Apache-2.0
"""Runs tempest on a cloud that is up, and judges what came of it.

Main class: :class:`Run`. Which tests is left to :mod:`tests.tempest.selection`, what is printed
in the end to :mod:`tests.tempest.tables`.
"""

from __future__ import annotations

import argparse
import configparser
import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nova_assist.ci import results
from nova_assist.ci.results import Result
from tests.judged import OURS
from tests.tempest.embedded import environment_of
from tests.tempest.selection import Selection

#: What this project's driver can do beyond what the options take for granted.
_FEATURES = (
    'boot_from_volume',
    'clone_attached',
    'encryption',
    'extend_attached',
    'manage',
    'revert',
    'upload',
)


def add_arguments(parser: argparse.ArgumentParser, *, workers: int) -> None:
    """Add what every run may be asked for.

    :param workers: how many there are by default.
    """
    parser.add_argument(
        '--feature',
        action='append',
        default=[],
        metavar='NAME',
        help='what another driver can do: an option of [assisted_snapshots]; repeatable',
    )
    parser.add_argument('--regex', help='tests of these names instead')
    parser.add_argument(
        '--concurrency', type=int, default=workers, help='workers of tempest (%(default)s)'
    )


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of tempest.

    :ivar folder: what is needed for it is put here.
    :ivar wanted: regular expressions of the tests' names.
    :ivar prefix: words before each command, which run it in another place.
    """

    folder: pathlib.Path
    selection: Selection
    wanted: Sequence[str]
    workers: int
    prefix: Sequence[str] = ()

    def carry_out(
        self, config: pathlib.Path, environment: Mapping[str, str]
    ) -> tuple[list[Result], int]:
        """Run tempest in a workspace of its own; return what it found and its exit code.

        :param environment: added to ours.
        """
        workspace = self.folder / 'workspace'
        workspace.mkdir()
        own = environment_of({**environment, 'HOME': str(self.folder)})
        command = [*self.prefix, 'env', f'--chdir={workspace}', *self._command(config)]
        with _started(command, own) as process:
            assert process.stdout is not None
            found = results.read(process.stdout, _show)
        return found, process.returncode

    def _command(self, config: pathlib.Path) -> list[str]:
        run, leave_out = self.folder / 'run', self.folder / 'leave-out'
        run.write_text('\n'.join(self.wanted) + '\n')
        leave_out.write_text('\n'.join(self.selection.leave_out) + '\n')
        tempest = pathlib.Path(sys.executable).with_name('tempest')
        command = [str(tempest), 'run', '--subunit', '--concurrency', str(self.workers)]
        command += ['--config-file', str(config), '--include-list', str(run)]
        return (
            [*command, '--exclude-list', str(leave_out)] if self.selection.leave_out else command
        )


@contextlib.contextmanager
def _started(
    command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Give a process whose workers end with it when we are interrupted."""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            yield process
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise


def configured(
    original: pathlib.Path,
    changed: pathlib.Path,
    driver: str,
    features: Iterable[str],
    *,
    accounts: bool = False,
) -> pathlib.Path:
    """Write a ``tempest.conf`` as the cloud has written it, but for what is asked for.

    :param features: what another driver than ours can do.
    :param accounts: take the users of ``accounts.yaml`` instead of new ones.
    :return: the changed file.
    """
    parser = configparser.RawConfigParser()
    parser.read(original)
    if accounts:
        parser['auth']['use_dynamic_credentials'] = 'false'
    known = _FEATURES if driver == OURS else ()
    for feature in (*known, *features):
        parser['assisted_snapshots'][feature] = 'true'
    with changed.open('w') as file:
        parser.write(file)
    return changed


def judge(found: Sequence[Result], ended: int, selection: Selection, *, whole: bool) -> int:
    """Say what is wrong beside failures; return the exit code.

    :param ended: tempest's own exit code.
    :param whole: all that the selection names was run.
    """
    verdicts = {each.verdict for each in found}
    if 'passed' not in verdicts:
        sys.stderr.write('No test passed, nor may any have been run: see above\n')
    if 'passed' not in verdicts and 'failed' not in verdicts:
        return 2
    wrong = 'failed' in verdicts or bool(selection.unexplained(found))
    if ended and not wrong:
        print(f'tempest ended with {ended} though no test failed')
        wrong = True
    for pattern in selection.needless(found) if whole else ():
        print(f'{pattern} is listed as skipped in {selection.file}, and was not skipped')
        wrong = True
    return int(wrong)


def _show(result: Result) -> None:
    if '.' in result.name:
        print(f'{result.verdict:<8} {result.seconds:6.1f} s  {result.name}', flush=True)
