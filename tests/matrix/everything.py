# SPDX-License-Identifier: Apache-2.0
"""Plays our driver and Cinder's own through all scenarios, and writes the support matrix.

Main function: :func:`main`, ``python -m`` this. What the page looks like is left to
:mod:`tests.matrix.page`. Exit codes: 0 our driver passed everything, 1 it did not, 2 a run could
not be made; Cinder's own driver is the control, and may fail.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from nova_assist.scenarios import cached_images
from tests.judged import IN_TREE, OURS
from tests.matrix import page

_ROOT = pathlib.Path(__file__).parents[2]
PAGE = _ROOT / 'doc/source/reference/support-matrix.rst'
_COULD_NOT_RUN = 2
# One scenario is about several shares, which do no harm to the others.
_EVERYTHING = ('--slow', '--shares', '2')
# In a cloud that caches images others would leave volumes in the cache.
_CACHED = ('--scenario', 'image-cache', *cached_images.WORDS)


def main(words: Sequence[str]) -> int:
    """Play everything, write the page, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--page', type=pathlib.Path, default=PAGE, help='the page (%(default)s)')
    arguments = parser.parse_args(words)
    runs = []
    for driver in (OURS, IN_TREE):
        print(driver, flush=True)
        report = _play(driver)
        if report is None:
            return _COULD_NOT_RUN
        runs.append(page.Run.of(report))
    arguments.page.write_text(page.compose(*runs))
    print(f'{arguments.page} is written')
    return 0 if runs[0].passed else 1


def _play(driver: str) -> dict[str, Any] | None:
    """Play all scenarios, and return the report, or nothing if they could not be played."""
    reports = [_run(driver, words) for words in (_EVERYTHING, _CACHED)]
    found: dict[str, Any] = {}
    for report in reports:
        if report is None:
            return None
        found.update({each['name']: each for each in report['scenarios']})
    return {**(reports[0] or {}), 'scenarios': list(found.values())}


def _run(driver: str, words: Sequence[str]) -> dict[str, Any] | None:
    """Run what is asked for, and return the report, if there is one."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, '-m', 'nova_assist', 'run', '--driver', driver, *words]
        ended = subprocess.run([*command, '--report', folder], cwd=_ROOT)
        if ended.returncode >= _COULD_NOT_RUN:
            return None
        report: dict[str, Any] = json.loads(pathlib.Path(folder, 'report.json').read_text())
        return report


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
