# SPDX-License-Identifier: Apache-2.0
"""Runs levels of tests under each series of OpenStack, tells how they ended: ``python -m`` this.

Main function: :func:`main`. Exit codes: 0 all passed, 1 some did not.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Sequence

_ROOT = pathlib.Path(__file__).parents[2]
#: Those that this project has exact versions for, and not only those of the stack's services.
SERIES = tuple(sorted(each.stem for each in _ROOT.glob('constraints/20*.txt')))
LEVELS = ('py3', 'functional', 'lifecycle')


def main(words: Sequence[str]) -> int:
    """Run what is asked for, print a table, and return the exit code."""
    arguments = _parse(words)
    rows = []
    for series in arguments.series or SERIES:
        for level in arguments.level or LEVELS:
            print(f'{series} {level}', flush=True)
            began = time.monotonic()
            passed = _run(series, level)
            rows.append((series, level, passed, time.monotonic() - began))
    print('\nSERIES  LEVEL       VERDICT  SECONDS')
    for series, level, passed, seconds in rows:
        print(f'{series:7} {level:11} {"pass" if passed else "FAIL":7} {seconds:8.0f}')
    return 0 if all(passed for _, _, passed, _ in rows) else 1


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument(
        '--series', choices=SERIES, action='append', help='repeatable (default: all)'
    )
    parser.add_argument(
        '--level', choices=LEVELS, action='append', help='tox environment; repeatable (all)'
    )
    return parser.parse_args(words)


def _run(series: str, level: str) -> bool:
    """Run one of tox's environments with the versions of a series."""
    command = [sys.executable, '-m', 'tox', 'run', '-q', '-e', level]
    # What the tox around us has set is not for the one within.
    kept = {key: value for key, value in os.environ.items() if not key.startswith('TOX_')}
    return subprocess.run(command, cwd=_ROOT, env={**kept, 'SERIES': series}).returncode == 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
