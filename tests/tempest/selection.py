# SPDX-License-Identifier: Apache-2.0
"""Which tests are run on the embedded cloud, and which of them may be skipped: ``selection.yaml``.

Main class: :class:`Selection`.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Iterable

import yaml

from tests.tempest.results import Result

_FILE = pathlib.Path(__file__).with_name('selection.yaml')

#: The tests of this project's plugin.
PLUGIN = r'^tempest_plugin\.'


@dataclasses.dataclass(frozen=True)
class Selection:
    """What is run; all are regular expressions of names.

    :ivar stock: the tests of others that are run
    :ivar leave_out: those not started, each with its reason
    :ivar skipped: those that skip themselves here, each with its reason
    """

    stock: tuple[str, ...]
    leave_out: dict[str, str]
    skipped: dict[str, str]

    @classmethod
    def load(cls) -> Selection:
        """Read the file."""
        content = yaml.safe_load(_FILE.read_text())
        reasons = {
            part: {each['test']: each['reason'] for each in content[part]}
            for part in ('leave_out', 'skipped')
        }
        return cls(tuple(content['stock']), **reasons)

    def wanted(self, part: str | None) -> list[str]:
        """Return what to run: of ``plugin`` or ``stock``, or of both."""
        parts = {'plugin': [PLUGIN], 'stock': list(self.stock)}
        return parts[part] if part else [*parts['plugin'], *parts['stock']]

    def unexplained(self, results: Iterable[Result]) -> list[Result]:
        """Return what was skipped without being listed."""
        skipped = (each for each in results if each.verdict == 'skipped')
        return [each for each in skipped if not _matching(self.skipped, each)]

    def needless(self, results: Iterable[Result]) -> list[str]:
        """Return which listed skips are none any more, if all has been run."""
        skipped = [each.name for each in results if each.verdict == 'skipped']
        return [
            pattern
            for pattern in self.skipped
            if not any(re.search(pattern, name) for name in skipped)
        ]


def _matching(patterns: Iterable[str], result: Result) -> bool:
    return any(re.search(pattern, result.name) for pattern in patterns)
