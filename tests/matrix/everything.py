# SPDX-License-Identifier: Apache-2.0
"""Plays our driver and Cinder's own through all scenarios, and writes the support matrix.

Main function: :func:`main`, ``python -m`` this, as root. What the page looks like is left to
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
from tests import accounts
from tests.judged import OURS
from tests.matrix import page

_ROOT = pathlib.Path(__file__).parents[2]
PAGE = _ROOT / 'doc/source/reference/support-matrix.rst'
_COULD_NOT_RUN = 2
# One scenario is about several shares, which do no harm to the others.
_EVERYTHING = ('--slow', '--shares', '2')
# Stories that want a cloud of another kind than the others. In a cloud that caches images others
# would leave volumes in the cache, and in a cluster not every driver starts.
_APART = {'image-cache': cached_images.WORDS, 'cluster': ('--cluster',)}


def main(words: Sequence[str]) -> int:
    """Play everything, or what is asked for, write the page, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--page', type=pathlib.Path, default=PAGE, help='the page (%(default)s)')
    parser.add_argument(
        '--only',
        choices=page.stories(),
        action='append',
        default=[],
        help='measure this story only, and leave the others as the page has them; repeatable',
    )
    arguments = parser.parse_args(words)
    if accounts.refusal():
        sys.stderr.write(f'no secure mode here: {accounts.refusal()}\n')
        return _COULD_NOT_RUN
    before: Sequence[page.Run | None] = [None] * len(page.PLAYERS)
    if arguments.only:
        before = page.parse(arguments.page.read_text())
    runs = []
    for player, earlier in zip(page.PLAYERS, before, strict=True):
        print(player.who, flush=True)
        found = _play(player, arguments.only)
        if found is None:
            return _COULD_NOT_RUN
        runs.append(earlier.updated(found) if earlier else found)
    arguments.page.write_text(page.compose(runs))
    print(f'{arguments.page} is written')
    return 0 if all(run.passed for run in runs if run.player.driver == OURS) else 1


def _play(player: page.Player, only: Sequence[str]) -> page.Run | None:
    """Play stories, all if none is named; return what was found, if they could be played."""
    common = [each for each in only if each not in _APART]
    apart = [each for each in _APART if each in only or not only]
    parts = [(*_EVERYTHING, *_named(common))] if common or not only else []
    run = page.Run(player, '', {})
    for words in parts:
        report, _ = _run(player, words)
        if report is None:
            return None
        run = run.updated(page.Run.of(player, report))
    for story in apart:
        report, said = _run(player, (*_named([story]), *_APART[story]))
        if report is None and player.driver == OURS:
            return None
        # The control may not be able to start in such a cloud, which is its result.
        run = run.updated(
            page.Run.of(player, report) if report else page.Run.refused(player, story, said)
        )
    return run


def _named(stories: Sequence[str]) -> list[str]:
    return [word for each in stories for word in ('--scenario', each)]


def _run(player: page.Player, words: Sequence[str]) -> tuple[dict[str, Any] | None, str]:
    """Run what is asked for; return the report, if there is one, and what was said last."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, '-m', 'nova_assist', 'run', '--driver', player.driver, *words]
        command += ['--report', folder]
        if player.secure:
            command = accounts.among_accounts([*command, *accounts.SECURE])
        said = ''
        with subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.PIPE, text=True) as process:
            for said in process.stderr or ():
                sys.stderr.write(said)
        path = pathlib.Path(folder, 'report.json')  # there is none if the cloud did not start
        report: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
        return report, said.strip()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
