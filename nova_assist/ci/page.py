# SPDX-License-Identifier: Apache-2.0
"""The result page of a third-party CI run; main function: :func:`make`.

``index.html`` has all that is judged and each short log; it needs nothing else. Beside it lie all
logs as texts, in ``logs/``, and the page of each ``nova-assist run``.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path

from nova_assist.ci import logs as looking
from nova_assist.ci import reading, rules
from nova_assist.ci.change import Change
from nova_assist.ci.errors import OutputError
from nova_assist.ci.logs import Kind, Log
from nova_assist.ci.publishing import FOLDER, Published, publish
from nova_assist.ci.reading import Found
from nova_assist.ci.results import Result
from nova_assist.ci.rules import Evidence, Item, State
from nova_assist.ci.secrets import Masker
from nova_assist.ci.skips import How, Skip, SkipList
from nova_assist.reports import html
from nova_assist.reports.model import RunReport, Verdict
from nova_assist.reports.wording import totals_line

INDEX = 'index.html'

#: Longer logs are linked; and so are all once the page has so much of them.
_LONGEST_FOLDED = 256 << 10
_MOST_FOLDED = 4 << 20
_LONGEST_TRACE = 64 << 10
_ORDER = ('failed', 'skipped', 'passed')


@dataclasses.dataclass(frozen=True)
class SkipGroup:
    """The tests that one entry of the list explains; ``how`` says how many, for people."""

    skip: Skip
    names: tuple[str, ...]

    @property
    def how(self) -> str:
        """What became of the tests."""
        # One that is not to be run at all may have been run, by a CI that left the list out.
        return f'{len(self.names)} skipped' if self.names else 'not started'


@dataclasses.dataclass(frozen=True)
class FoldedLog:
    """A log on the page; ``text`` is ``None`` where it is only linked."""

    name: str
    kind: str
    place: str
    size: int
    text: str | None


@dataclasses.dataclass(frozen=True)
class RunLink:
    """The page of a ``nova-assist run``."""

    place: str
    totals: str


@dataclasses.dataclass(frozen=True)
class Page:
    """What the page shows; secrets are out of it."""

    driver: str
    version: str
    ci_wiki_name: str
    change: Change | None
    made: str
    items: tuple[Item, ...]
    results: tuple[Result, ...]
    unlisted: tuple[tuple[str, str], ...]
    skips: tuple[SkipGroup, ...]
    runs: tuple[RunLink, ...]
    runs_passed: bool
    logs: tuple[FoldedLog, ...]
    left_out: tuple[Log, ...]

    @property
    def totals(self) -> dict[str, int]:
        """How many results there are of each verdict."""
        counts = collections.Counter(each.verdict for each in self.results)
        return {verdict: counts[verdict] for verdict in ('passed', 'failed', 'skipped')}

    @property
    def totals_line(self) -> str:
        """The totals for people."""
        return ', '.join(f'{count} {verdict}' for verdict, count in self.totals.items())

    @property
    def missing(self) -> int:
        """How many rules are not kept."""
        return sum(item.state is State.MISSING for item in self.items)

    @property
    def verdict(self) -> str:
        """``FAILED`` if a test has, ``INCOMPLETE`` if a rule is not kept, else ``PASSED``."""
        if self.totals['failed'] or not self.runs_passed:
            return 'FAILED'
        return 'INCOMPLETE' if self.missing else 'PASSED'


def make(folder: Path, output: Path, skips: SkipList, change: Change | None) -> Page:
    """Judge what lies in a folder, and write the page into another.

    :raises LogsError: the folder, or a file in it, can't be read.
    :raises UnreadableError: a report of ``nova-assist run`` can't.
    :raises OutputError: the other folder has something in it, or can't be written.
    """
    logs = looking.look(folder, output.resolve())
    found = reading.read(logs)
    _prepare(output)
    published, left_out = publish(logs, output)
    runs = [
        _write_run(output, number, log, report, published)
        for number, (log, report) in enumerate(found.runs, 1)
    ]
    # A stream is on the page as a table.
    hidden = [log.name for log in left_out if log.kind not in (Kind.SUBUNIT, Kind.PAGE)]
    hidden += [each.log.name for each in published if each.damage]
    kinds = {each.log.kind for each in published}
    evidence = Evidence(found, skips, kinds, hidden, change)
    page = _page(evidence, runs, _folded(published, output), left_out)
    _write(output / INDEX, html.fill('ci.html.j2', page=page))
    return page


def _prepare(output: Path) -> None:
    try:
        (output / FOLDER).mkdir(parents=True, exist_ok=True)
        strangers = [each.name for each in output.iterdir() if each.name != FOLDER]
        strangers += [each.name for each in (output / FOLDER).iterdir()]
    except OSError as error:
        raise OutputError(f"{output} can't be made: {error}; give another --output") from error
    if strangers:
        raise OutputError(
            f'{output} has something in it already, {strangers[0]}; give --output an empty '
            'folder, or one that is to be made'
        )


def _page(
    evidence: Evidence, runs: Sequence[RunLink], logs: Sequence[FoldedLog], left_out: Sequence[Log]
) -> Page:
    found = evidence.found
    driver = found.driver
    backends = found.backends or ()
    return Page(
        driver=driver.path if driver else ', '.join(map(str, backends)) or 'driver not told',
        version=driver.version if driver else '',
        ci_wiki_name=driver.ci_wiki_name if driver else '',
        change=evidence.change,
        made=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
        items=tuple(rules.judge(evidence)),
        results=tuple(_clean(each) for each in _sorted(evidence.results)),
        unlisted=tuple((each.name, _clean(each).told) for each in evidence.unlisted()),
        skips=tuple(_groups(evidence)),
        runs=tuple(runs),
        runs_passed=_passed(found),
        logs=tuple(logs),
        left_out=tuple(left_out),
    )


def _passed(found: Found) -> bool:
    bad = (Verdict.FAIL, Verdict.UNKNOWN)
    return not any(result.verdict in bad for _, run in found.runs for result in run.scenarios)


def _sorted(results: Iterable[Result]) -> list[Result]:
    return sorted(results, key=lambda each: (_ORDER.index(each.verdict), each.name))


def _clean(result: Result) -> Result:
    told = result.told
    if len(told) > _LONGEST_TRACE:
        told = f'{told[:_LONGEST_TRACE]} [...]'
    return dataclasses.replace(result, told=Masker(settings=False).text(told))


def _groups(evidence: Evidence) -> list[SkipGroup]:
    """Return the entries of the list that explain something here, and all that are not run."""
    names: dict[Skip, list[str]] = {
        skip: [] for skip in evidence.skips.skips if skip.how is How.NOT_RUN
    }
    for result in evidence.results:
        skip = evidence.skips.find(result.name) if result.verdict == 'skipped' else None
        if skip:
            names.setdefault(skip, []).append(result.name)
    return [SkipGroup(skip, tuple(members)) for skip, members in names.items()]


def _folded(published: Iterable[Published], output: Path) -> list[FoldedLog]:
    left = _MOST_FOLDED
    folded = []
    for each in published:
        text = None
        if each.size <= min(_LONGEST_FOLDED, left):
            left -= each.size
            text = (output / each.place).read_text(encoding='utf-8')
        folded.append(FoldedLog(each.log.name, each.log.kind.value, each.place, each.size, text))
    return folded


def _write_run(
    output: Path, number: int, log: Log, report: RunReport, published: Iterable[Published]
) -> RunLink:
    """Write the page of a run, whose logs are linked where they are published."""
    places = {each.log.path: each.place for each in published}
    kept = {
        name: places[log.path.parent / place]
        for name, place in report.logs.items()
        if log.path.parent / place in places
    }
    name = f'nova-assist-run-{number}.html'
    # Options of the driver are in it, and in the commands.
    text = html.render(dataclasses.replace(report, logs=kept))
    _write(output / name, Masker(settings=False).text(text))
    return RunLink(name, totals_line(report))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding='utf-8')
    except OSError as error:
        raise OutputError(f"{file} can't be written: {error}; give another --output") from error
