# SPDX-License-Identifier: Apache-2.0
"""What Cinder's rules ask third-party CI to show, compared with what a run has left.

Main function: :func:`judge`. The rules are those of Cinder's "New Driver Review Checklist", part
"Third Party CI checks", of "All About Cinder Drivers" and of the wiki page on tested drivers.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Collection, Iterator, Sequence

from nova_assist.ci.change import Change
from nova_assist.ci.logs import Kind
from nova_assist.ci.reading import Found
from nova_assist.ci.results import Result
from nova_assist.ci.skips import SkipList

#: So many names of what is missing are told.
_MOST_NAMES = 5
_STOCK = 'tempest.api.volume.'
_PLUGIN = 'cinder_tempest_plugin.'
_LVM = 'cinder.volume.drivers.lvm.'


class State(str, enum.Enum):
    """Whether a rule is kept; ``ELSEWHERE`` is for what no page can show."""

    PRESENT = 'present'
    MISSING = 'MISSING'
    ELSEWHERE = 'to be seen elsewhere'


@dataclasses.dataclass(frozen=True)
class Item:
    """One rule, whether it is kept, and by what that is seen or what to do."""

    rule: str
    state: State
    told: str


@dataclasses.dataclass(frozen=True)
class Evidence:
    """All that is known of a run.

    :ivar kinds: of the files that are published.
    :ivar hidden: names of the files that a browser can't show: archives, binary and damaged ones.
    """

    found: Found
    skips: SkipList
    kinds: Collection[Kind]
    hidden: Sequence[str]
    change: Change | None

    @property
    def results(self) -> tuple[Result, ...]:
        """The results of tempest, none if there is no stream."""
        return self.found.results or ()

    def unlisted(self) -> list[Result]:
        """Return what was skipped for no reason that is documented."""
        skipped = (each for each in self.results if each.verdict == 'skipped')
        return [each for each in skipped if self.skips.find(each.name) is None]

    def lost(self) -> list[str]:
        """Return the tests that were to be run, have no result, and are not left out either."""
        done = {each.name for each in self.results}
        return sorted(
            name
            for name in self.found.listed or ()
            if not {name, name.rpartition('.')[0]} & done and not self.skips.not_started(name)
        )


def judge(evidence: Evidence) -> list[Item]:
    """Return each rule and whether it is kept."""
    return [
        _change(evidence),
        _tests(evidence),
        _skips(evidence),
        *_files(evidence),
        _browsable(evidence),
        _backend(evidence),
        _name(evidence),
        _interfaces(evidence),
        *_elsewhere(evidence),
    ]


def _item(rule: str, trouble: str, good: str) -> Item:
    return Item(rule, State.MISSING, trouble) if trouble else Item(rule, State.PRESENT, good)


def _change(evidence: Evidence) -> Item:
    trouble = '' if evidence.change else 'give --project, --change and --patchset'
    return _item('the patch that was tested', trouble, str(evidence.change))


def _tests(evidence: Evidence) -> Item:
    rule = 'all volume tests of tempest, and all of cinder-tempest-plugin'
    # A class that is skipped as a whole counts: it was started.
    counts = {
        prefix: sum(each.name.startswith(prefix) for each in evidence.results)
        for prefix in (_STOCK, _PLUGIN)
    }
    absent = [f'{prefix}*' for prefix, count in counts.items() if not count]
    lost = evidence.lost()
    trouble = ''
    if evidence.found.results is None:
        trouble = 'no stream of subunit: "stestr last --subunit" writes it'
    elif absent:
        trouble = f'no test of {" and ".join(absent)} has a result'
    elif evidence.found.listed is None:
        trouble = 'no tests.txt, which "tempest run --list-tests" writes, to compare results with'
    elif lost:
        trouble = f'without a result: {_names(lost)}'
    told = ', '.join(f'{count} results of {prefix}*' for prefix, count in counts.items())
    return _item(rule, trouble, f'{told}; all that was to be run has a result')


def _skips(evidence: Evidence) -> Item:
    unlisted = evidence.unlisted()
    trouble = ''
    if evidence.found.results is None:
        trouble = 'no results of tempest'
    elif unlisted:
        names = _names([each.name for each in unlisted])
        trouble = f'no reason and plan in a list of skips (--skips FILE) for {names}'
    count = sum(each.verdict == 'skipped' for each in evidence.results)
    return _item('why tests are skipped, and the plan', trouble, f'of all {count} that were')


def _files(evidence: Evidence) -> Iterator[Item]:
    wanted = [Kind.CONSOLE, Kind.CINDER_CONF, Kind.API, Kind.SCHEDULER, Kind.VOLUME]
    if any(
        'backup' in each.name.lower() and each.verdict != 'skipped' for each in evidence.results
    ):
        wanted.append(Kind.BACKUP)
    for kind in wanted:
        trouble = '' if kind in evidence.kinds else 'no such file was collected, or it is empty'
        yield _item(kind.value, trouble, 'below, under "Logs"')


def _browsable(evidence: Evidence) -> Item:
    trouble = f'collect anew as text: {_names(evidence.hidden)}' if evidence.hidden else ''
    return _item('logs that a browser shows, no archives', trouble, 'each is a text of its own')


def _backend(evidence: Evidence) -> Item:
    rule = 'only the backend under test is enabled, and it has the driver'
    backends, driver = evidence.found.backends, evidence.found.driver
    trouble = ''
    if not backends:
        trouble = 'no cinder.conf with enabled_backends was collected'
    elif len(backends) > 1:
        trouble = f'enabled_backends has {", ".join(each.name for each in backends)}'
    elif backends[0].driver.startswith(_LVM) or not backends[0].driver:
        trouble = f'backend {backends[0].name} has {backends[0].driver or "the default driver"}'
    elif driver and driver.path != backends[0].driver:
        trouble = f'cinder.conf has {backends[0].driver}, conformance looked at {driver.path}'
    told = str(backends[0]) if backends else ''
    return _item(rule, trouble, told)


def _name(evidence: Evidence) -> Item:
    driver = evidence.found.driver
    trouble = ''
    if driver is None:
        trouble = 'no conformance.json, which "nova-assist conformance CLASS -f json" writes'
    elif not (driver.version and driver.ci_wiki_name):
        trouble = f'{driver.path} lacks one of them'
    told = f'VERSION {driver.version}, CI_WIKI_NAME {driver.ci_wiki_name}' if driver else ''
    return _item("the driver's VERSION and CI_WIKI_NAME", trouble, told)


def _interfaces(evidence: Evidence) -> Item:
    driver = evidence.found.driver
    trouble = 'no conformance.json' if driver is None else ''
    if driver and driver.errors:
        trouble = f'nova-assist conformance has errors: {_names(driver.errors)}'
    rule = 'the class has what Cinder calls, get_driver_options and @interface.volumedriver'
    return _item(rule, trouble, driver.path if driver else '')


def _elsewhere(evidence: Evidence) -> Iterator[Item]:
    driver = evidence.found.driver
    name = driver.ci_wiki_name if driver and driver.ci_wiki_name else 'CI_WIKI_NAME'
    yield Item(
        f'runs again when somebody comments "run-{name}"',
        State.ELSEWHERE,
        'in Gerrit, on the change',
    )
    yield Item(
        'runs on each patch of cinder and os-brick, and reports failures too',
        State.ELSEWHERE,
        'in Gerrit; two weeks without a success make the driver unsupported',
    )
    yield Item(
        f'a page {name} with a contact who answers',
        State.ELSEWHERE,
        'https://wiki.openstack.org/wiki/ThirdPartySystems',
    )


def _names(names: Sequence[str]) -> str:
    shown = ', '.join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f'{shown} and {more} more' if more > 0 else shown
