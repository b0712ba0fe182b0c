# SPDX-License-Identifier: Apache-2.0
"""What a stream of test results says: one :class:`Result` a test, from subunit.

Main function: :func:`read`. What is to be thought of a result is left to the caller.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import IO, Any

import subunit
import testtools

#: What testtools calls the outcomes that are no failure.
_VERDICTS = {'success': 'passed', 'skip': 'skipped'}
#: What workers say of each test before they begin.
_LISTED = 'exists'
_CLASS = re.compile(r'(?:setUpClass|tearDownClass) \((?P<name>[^)]*)\)')
_TAGS = re.compile(r'\[.*\]$')


@dataclasses.dataclass(frozen=True)
class Result:
    """How one test ended.

    :ivar name: the dotted name, without the ids that tempest adds to it; of a class where all of
        its tests were skipped or none could begin
    :ivar verdict: ``passed``, ``skipped`` or ``failed``
    :ivar seconds: how long it took
    :ivar told: why it was skipped, or what failed
    """

    name: str
    verdict: str
    seconds: float
    told: str

    @property
    def group(self) -> str:
        """The class of the test."""
        return self.name if self.of_class else self.name.rpartition('.')[0]

    @property
    def of_class(self) -> bool:
        """Whether this is about a class rather than about a test."""
        return self.name.rpartition('.')[2][:1].isupper()


def read(stream: IO[bytes], heard: Callable[[Result], None]) -> list[Result]:
    """Read results until the stream ends.

    :param heard: called with each result as it comes
    """
    results: list[Result] = []

    def on_test(test: Mapping[str, Any]) -> None:
        if test['status'] == _LISTED:
            return
        result = _result(test)
        results.append(result)
        heard(result)

    collector = testtools.StreamToDict(on_test)
    collector.startTestRun()
    subunit.ByteStreamToStreamResult(stream, non_subunit_name='output').run(collector)
    collector.stopTestRun()
    return [each for each in results if not _is_noise(each)]


def plain(name: str) -> str:
    """Return the name of a test without the ids and attributes that tempest adds to it."""
    return _TAGS.sub('', name)


def _result(test: Mapping[str, Any]) -> Result:
    # A class that is set up is no test; testtools tells of it only when something is wrong.
    found = _CLASS.match(test['id'])
    name = found['name'] if found else plain(test['id'])
    details = {
        key: content.as_text().strip()
        for key, content in test['details'].items()
        if content.content_type.type == 'text'
    }
    verdict = _VERDICTS.get(test['status'], 'failed')
    told = details.get('reason', '') if verdict == 'skipped' else _failure(verdict, details)
    started, ended = test['timestamps']
    seconds = (ended - started).total_seconds() if started and ended else 0.0
    return Result(name, verdict, seconds, told)


def _failure(verdict: str, details: Mapping[str, str]) -> str:
    if verdict != 'failed':
        return ''
    traces = [text for name, text in details.items() if 'traceback' in name]
    # Such as those of a stream that was cut off, which the parser tells of as of a test.
    return '\n'.join(traces or details.values())


def _is_noise(result: Result) -> bool:
    """Say whether a result is none, such as what a library printed.

    A worker that ended with an error is told as a test without a class.
    """
    return '.' not in result.name and result.verdict != 'failed'
