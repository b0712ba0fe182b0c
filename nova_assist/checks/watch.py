# SPDX-License-Identifier: Apache-2.0
"""Judges whose the volumes' files are at every moment, not only after a step.

Main class: :class:`WatchJudge`. The looking is done by a process of its own,
:mod:`nova_assist.checks.watch_process`, fast enough to see what is wrong for a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.checks import access, errors
from nova_assist.checks.companion import Companion
from nova_assist.checks.look import Look
from nova_assist.checks.scene import Ownership, Scene
from nova_assist.reports.model import Finding

_MODULE = 'nova_assist.checks.watch_process'


class WatchJudge:
    """Reports what the watcher of one share saw since the last look; to be closed in the end."""

    name = access.NAME

    def __init__(
        self,
        share: Path,
        expected: Ownership,
        account: Account | None,
        environment: Mapping[str, str],
    ) -> None:
        """Begin to watch as an account that may list the share, ``None`` for ourselves.

        :raises errors.CompanionError: the share can't be watched
        """
        words = (str(share), str(expected.uid), str(expected.gid), f'{expected.mode:o}')
        self._expected = expected
        self._companion = Companion(_MODULE, words, account, environment)
        try:
            self._companion.preempt()
            self._companion.ask('begun')  # whatever happens from now on is seen
        except errors.CompanionError:
            self.close()
            raise

    def __enter__(self) -> WatchJudge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop watching."""
        self._companion.close()

    def judge(self, scene: Scene, looks: Mapping[str, Look]) -> Iterator[Finding]:
        """Yield one finding for each file and each way in which it wasn't as expected.

        :raises errors.CheckError: something may have been missed
        """
        report = self._companion.ask('seen')
        for name, uid, gid, mode, event in report['seen']:
            if name not in scene.ignored:
                found = Ownership(uid, gid, mode)
                yield access.fault(
                    f'{name}, between two looks,', found, self._expected, name, f' (at {event})'
                )
        if report['lost']:
            raise errors.CheckError(
                f'the watcher of {scene.share} may have missed something: {report["lost"]}'
            )
