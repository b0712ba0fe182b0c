# SPDX-License-Identifier: Apache-2.0
"""Runs the lab's tests in as many labs at once as there are processors: ``python -m`` this.

Main function: :func:`main`. Each part is a pytest run in a lab of its own; words on the command
line choose parts by name. Prints what each part said when it has ended, then the matrix and the
parts' times. Exit codes: 0 all passed, 1 some failed, 2 no such part.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from tests.lab import cells

_LAB = pathlib.Path(__file__).with_name('lab')
_ROOT = _LAB.parents[2]
_LIMIT = 3600  # seconds for one part
_MEMORY = '5G'

#: What a part gives to pytest; the long ones first.
PARTS = {
    'lifecycle': ('tests/lab/test_lifecycle.py',),
    'squashed-4.2': ('tests/lab/test_matrix.py', '-k', 'SquashedV42'),
    'squashed-3': ('tests/lab/test_matrix.py', '-k', 'SquashedV3'),
    'trusting-4.2': ('tests/lab/test_matrix.py', '-k', 'TrustingV42'),
    'trusting-3': ('tests/lab/test_matrix.py', '-k', 'TrustingV3'),
    'faults-4.2': ('tests/lab/test_faults.py', '-k', 'not V3'),
    'faults-3': ('tests/lab/test_faults.py', '-k', 'V3'),
    'hazards': ('tests/lab/test_hazards.py',),
    'access': ('tests/lab/test_watch.py', 'tests/lab/test_locks.py', 'tests/lab/test_check.py'),
    'probe': ('tests/lab/test_probe.py', 'tests/lab/test_matrix.py', '-k', 'Probe or AsRoot'),
    'devstack': ('tests/lab/test_devstack.py',),
    'lab': ('tests/lab/test_lab.py',),
    'launcher': ('tests/lab/test_launcher.py',),
    # The column that every change has to pass.
    'secure': ('tests/lab/test_matrix.py', '-k', 'SquashedV42 and both_secure'),
}
#: Starts labs itself.
_OUTSIDE = 'launcher'
#: Run where none is named; the others are parts of these.
_DEFAULT = tuple(name for name in PARTS if name != 'secure')


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a part ended; ``seconds`` has the start of the lab in it."""

    name: str
    code: int
    seconds: float
    said: str


def main(names: Sequence[str]) -> int:
    """Run the parts of these names, or all; return the exit code."""
    if set(names) & {'-h', '--help'}:
        print(f'{__doc__}\nParts: {", ".join(PARTS)}')
        return 0
    unknown = sorted(set(names) - PARTS.keys())
    if unknown:
        sys.stderr.write(f'no such part: {", ".join(unknown)}; there are {", ".join(PARTS)}\n')
        return 2
    with tempfile.TemporaryDirectory(prefix='nova-assist-matrix-') as name:
        folder = pathlib.Path(name)
        outcomes = _run(names or _DEFAULT, folder)
        played = cells.load(folder)
    if played:
        print(f'\nThe matrix\n\n{cells.table(played)}')
    print('\nThe parts\n')
    for each in sorted(outcomes, key=lambda outcome: outcome.name):
        verdict = 'passed' if each.code == 0 else f'FAILED ({each.code})'
        print(f'{each.name:<14}{verdict:<14}{each.seconds:6.0f} s')
    return int(any(each.code for each in outcomes))


def _run(names: Sequence[str], folder: pathlib.Path) -> list[Outcome]:
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(_part, name, folder) for name in names]
        for ended in concurrent.futures.as_completed(running):
            outcome = ended.result()
            outcomes.append(outcome)
            heading = f'{outcome.name}: {outcome.seconds:.0f} s'
            print(f'\n=== {heading}\n{outcome.said}', flush=True)
    return outcomes


def _part(name: str, folder: pathlib.Path) -> Outcome:
    began = time.monotonic()
    options = ('--mem', _MEMORY, '--time-limit', str(_LIMIT), '--share', str(folder))
    inside = () if name == _OUTSIDE else (str(_LAB), *options, '--')
    ended = subprocess.run(
        # However this process ends, the lab ends too, and cleans up.
        [
            'setpriv',
            '--pdeathsig',
            'TERM',
            *inside,
            sys.executable,
            '-m',
            'pytest',
            '-q',
            '-ra',
            '--disable-warnings',
            *PARTS[name],
        ],
        cwd=_ROOT,
        env={**os.environ, cells.VARIABLE: str(folder / name)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(name, ended.returncode, time.monotonic() - began, ended.stdout)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
