# SPDX-License-Identifier: Apache-2.0
"""Which tests are run on a cloud, and which of them may be skipped: ``selection.yaml`` and others.

Main class: :class:`Selection`.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Iterable

import yaml

from nova_assist.ci.results import Result

#: The embedded cloud's.
EMBEDDED = pathlib.Path(__file__).with_name('selection.yaml')

#: The tests of this project's plugin.
PLUGIN = r'^tempest_plugin\.'


@dataclasses.dataclass(frozen=True)
class Selection:
    """What is run; all are regular expressions of names.

    :ivar file: the name of the file with the reasons.
    :ivar stock: the tests of others that are run
    :ivar leave_out: those not started, each with its reason
    :ivar skipped: those that skip themselves here, each with its reason
    """

    file: str
    stock: tuple[str, ...]
    leave_out: dict[str, str]
    skipped: dict[str, str]

    @classmethod
    def load(cls, target: pathlib.Path = EMBEDDED) -> Selection:
        """Read what is run on any cloud, and the reasons of one.

        :param target: the file of the cloud.
        """
        stock = yaml.safe_load(EMBEDDED.read_text())['stock']
        content = yaml.safe_load(target.read_text())
        reasons = {
            part: {each['test']: each['reason'] for each in content[part]}
            for part in ('leave_out', 'skipped')
        }
        return cls(target.name, tuple(stock), **reasons)

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
