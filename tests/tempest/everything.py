# SPDX-License-Identifier: Apache-2.0
"""Runs tempest against the embedded cloud, and says what came of it: ``python -m`` this.

Main function: :func:`main`. It starts ``nova-assist cloud --identity keystone``, runs this
project's plugin and the stock tests that ``stock.yaml`` names, prints a table and stops the cloud.
Exit codes: 0 all passed, 1 some failed or were skipped without a listed reason, 2 it could not be
tried.
"""

from __future__ import annotations

import argparse
import collections
import configparser
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

import yaml

from tests.judged import OURS
from tests.tempest import results
from tests.tempest.results import Result

_ROOT = pathlib.Path(__file__).parents[2]
_STOCK = pathlib.Path(__file__).with_name('stock.yaml')
_PLUGIN = r'^tempest_plugin\.'
_STOP_SECONDS = 60


class CloudError(Exception):
    """The cloud did not start; the message is what it said."""


@dataclasses.dataclass(frozen=True)
class Stock:
    """What of stock tempest is run.

    :ivar run: regular expressions of names
    :ivar leave_out: those not started, each with its reason
    :ivar skipped: those that skip themselves here, each with its reason
    """

    run: tuple[str, ...]
    leave_out: dict[str, str]
    skipped: dict[str, str]

    @classmethod
    def load(cls) -> Stock:
        """Read ``stock.yaml``."""
        content = yaml.safe_load(_STOCK.read_text())
        reasons = {
            part: {each['test']: each['reason'] for each in content[part]}
            for part in ('leave_out', 'skipped')
        }
        return cls(tuple(content['run']), **reasons)

    def explains(self, result: Result) -> bool:
        """Say whether a skipped test is listed; those of the plugin tell their own reasons."""
        listed = any(re.search(pattern, result.name) for pattern in self.skipped)
        return listed or bool(re.match(_PLUGIN, result.name) and result.told)


def main() -> int:
    """Run what is asked for, print the tables, and return the exit code."""
    arguments = parse(sys.argv[1:])
    began = time.monotonic()
    stock = Stock.load()
    with tempfile.TemporaryDirectory(prefix='nova-assist-tempest-') as name:
        folder = pathlib.Path(name)
        try:
            with cloud(arguments, folder / 'cloud') as environment:
                up = time.monotonic()
                print(f'The cloud is up after {up - began:.0f} s', flush=True)
                found = _run(arguments, stock, folder, environment)
        except CloudError as error:
            sys.stderr.write(f'{error}\n')
            return 2
    if not found:
        sys.stderr.write('No test was run: see what tempest said above\n')
        return 2
    code = _report(found, stock, time.monotonic() - began)
    if arguments.driver == OURS and not (arguments.only or arguments.regex):
        code = max(code, _pytest())
    return code


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return what the words of a command line ask for."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--driver', default=OURS, help='the driver of the cloud (default: ours)')
    parser.add_argument(
        '--option', action='append', default=[], help='NAME=VALUE for the driver; repeatable'
    )
    parser.add_argument(
        '--accounts', action='store_true', help='users of accounts.yaml instead of new ones'
    )
    parser.add_argument('--only', choices=('plugin', 'stock'), help='one of the two parts')
    parser.add_argument('--regex', help='tests of these names instead')
    parser.add_argument('--concurrency', type=int, default=2, help='workers (default: 2)')
    return parser.parse_args(words)


@contextlib.contextmanager
def cloud(arguments: argparse.Namespace, folder: pathlib.Path) -> Iterator[dict[str, str]]:
    """Have a cloud run; gives the environment for its clients.

    :raises CloudError: it does not start
    """
    command = [sys.executable, '-m', 'nova_assist', 'cloud', '--identity', 'keystone']
    command += ['--driver', arguments.driver, '--keep', str(folder), '-f', 'json']
    command += [word for option in arguments.option for word in ('--option', option)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _spoken(process)
        finally:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            process.kill()


def _spoken(process: subprocess.Popen[str]) -> dict[str, str]:
    """Read what a cloud prints once it is up: an object in JSON."""
    assert process.stdout is not None
    said = ''
    for line in process.stdout:
        said += line
        with contextlib.suppress(json.JSONDecodeError):
            environment: dict[str, str] = json.loads(said)
            return environment
    raise CloudError(f'The cloud did not start: {said or "see above"}')


def _run(
    arguments: argparse.Namespace,
    stock: Stock,
    folder: pathlib.Path,
    environment: dict[str, str],
) -> list[Result]:
    """Run tempest in a workspace of its own, and return what it found."""
    wanted = _wanted(arguments, stock)
    (folder / 'run').write_text('\n'.join(wanted) + '\n')
    (folder / 'leave-out').write_text('\n'.join(stock.leave_out) + '\n')
    config = _config(arguments, folder, environment)
    tempest = pathlib.Path(sys.executable).with_name('tempest')
    command = [str(tempest), 'run', '--config-file', str(config), '--subunit']
    command += ['--concurrency', str(arguments.concurrency), '--include-list', str(folder / 'run')]
    command += ['--exclude-list', str(folder / 'leave-out')] if stock.leave_out else []
    workspace = folder / 'workspace'
    workspace.mkdir()
    with subprocess.Popen(
        command,
        cwd=workspace,
        env=environment_of({**environment, 'HOME': str(folder)}),
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        return results.read(process.stdout, _show)


def environment_of(further: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which tempest finds the plugin of this checkout."""
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get('PYTHONPATH'))))
    return {**os.environ, **further, 'PYTHONPATH': path}


def _config(
    arguments: argparse.Namespace, folder: pathlib.Path, environment: dict[str, str]
) -> pathlib.Path:
    """Return the cloud's ``tempest.conf``, or one that differs from it in who the users are."""
    written = pathlib.Path(environment['TEMPEST_CONFIG_DIR'], 'tempest.conf')
    if not arguments.accounts:
        return written
    parser = configparser.RawConfigParser()
    parser.read(written)
    parser['auth']['use_dynamic_credentials'] = 'false'
    changed = folder / 'tempest.conf'
    with changed.open('w') as file:
        parser.write(file)
    return changed


def _wanted(arguments: argparse.Namespace, stock: Stock) -> list[str]:
    if arguments.regex:
        return [arguments.regex]
    parts = {'plugin': [_PLUGIN], 'stock': list(stock.run)}
    return parts[arguments.only] if arguments.only else [*parts['plugin'], *parts['stock']]


def _show(result: Result) -> None:
    if '.' in result.name:
        print(f'{result.verdict:<8} {result.seconds:6.1f} s  {result.name}', flush=True)


def _report(found: list[Result], stock: Stock, seconds: float) -> int:
    """Print what was found; return the exit code."""
    counts = collections.Counter(each.verdict for each in found)
    failed = [each for each in found if each.verdict == 'failed']
    skipped = [each for each in found if each.verdict == 'skipped']
    unexplained = [each for each in skipped if not stock.explains(each)]
    for each in failed:
        print(f'\nFAILED {each.name}\n{each.told}')
    print('\nSkipped\n')
    for each in skipped:
        note = '  (NOT LISTED in stock.yaml)' if each in unexplained else ''
        print(f'{each.name}: {each.told}{note}')
    for pattern, reason in stock.leave_out.items():
        print(f'{pattern}: not started: {reason}')
    print(f'\n{_table(found)}\n')
    verdicts = ', '.join(f'{counts[verdict]} {verdict}' for verdict in _VERDICTS)
    print(f'{verdicts}; {seconds:.0f} s in all')
    return int(bool(failed or unexplained))


def _pytest() -> int:
    """Run the tests of this folder; return the exit code."""
    command = [sys.executable, '-m', 'pytest', '-q', '-ra', '--disable-warnings', 'tests/tempest']
    return int(bool(subprocess.run(command, cwd=_ROOT).returncode))


_VERDICTS = ('passed', 'failed', 'skipped')


def _table(found: Iterable[Result]) -> str:
    """Return a line for each class of tests."""
    groups: dict[str, list[Result]] = collections.defaultdict(list)
    for each in found:
        groups[each.group].append(each)
    width = max(map(len, groups))
    heads = ''.join(f'{verdict:>9}' for verdict in _VERDICTS)
    lines = [f'{"tests of":<{width}}{heads}{"seconds":>9}']
    for group, members in sorted(groups.items()):
        counts = collections.Counter(each.verdict for each in members)
        numbers = ''.join(f'{counts[verdict]:>9}' for verdict in _VERDICTS)
        lines.append(f'{group:<{width}}{numbers}{sum(each.seconds for each in members):>9.0f}')
    return '\n'.join(lines)


if __name__ == '__main__':
    sys.exit(main())
