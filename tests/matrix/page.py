# SPDX-License-Identifier: Apache-2.0
"""The support matrix as a page of reST, made of reports of ``nova-assist run``. Pure.

Main functions: :func:`compose`, and :func:`parse`, its inverse. Playing is left to
:mod:`tests.matrix.everything`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from nova_assist.scenarios.runner import all_scenarios
from tests.judged import IN_TREE, OURS

_FORMATS = ('raw', 'qcow2')
_UUID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
_LOGGED = '; Cinder logged: '
_OF_FORMAT = re.compile(r' \((raw|qcow2) volumes\)$')

_LOG = re.compile(r' \(log: [^)]*\)')
_CELLS = {'pass': 'passes', 'fail': '**fails**', 'not_run': 'not played'}
_VERDICTS = {cell: verdict for verdict, cell in _CELLS.items()}
_CINDER = re.compile(r'\(Cinder ([^)]+)\) as the control')
_ROW = re.compile(r'\* - ``([a-z-]+)``\n((?:     - .+\n){5})')
_REASON = re.compile(
    r"^\* ``([a-z0-9-]+)``, (this driver|Cinder's own driver): (.*)$", re.MULTILINE
)

_HEAD = """\
==============
Support matrix
==============

.. This page is written by "python -m tests.matrix.everything": edit that.

What each scenario of ``nova-assist run --slow --shares 2``, ``image-cache`` in a cloud with that
cache, and ``cluster`` in one with two Cinders (``--cluster``), has come to with this driver, and
with Cinder's own NFS driver (Cinder {cinder}) as the control. Each cell is a verdict on data,
chain, orphans and access, for volumes made as raw and as qcow2 files. ``tox -e support-matrix``
measures it anew and writes this page, ``tox -e support-matrix -- --only NAME`` one scenario of it.
Secure mode is tried in the lab, see :doc:`../contributor/lab`.
"""


@dataclasses.dataclass(frozen=True)
class Run:
    """One driver's run.

    :ivar found: verdict and reason by name of scenario
    """

    driver: str
    cinder: str
    found: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Run:
        """Take from a report what the page needs."""
        found = {each['name']: (each['verdict'], each['reason']) for each in report['scenarios']}
        return cls(report['driver'], report['versions']['cinder'], found)

    @classmethod
    def refused(cls, driver: str, story: str, said: str) -> Run:
        """Return that a driver does not start in the cloud that a story wants.

        :param said: why, by the command
        """
        reason = _LOG.sub('', said.removeprefix('nova-assist: '))
        return cls(driver, '', {f'{story}-{each}': ('not_run', reason) for each in _FORMATS})

    def updated(self, newer: Run) -> Run:
        """Return this with what another run has found, in the order of all scenarios."""
        found = {**self.found, **newer.found}
        order = [each.name for each in all_scenarios() if each.name in found]
        return Run(self.driver, newer.cinder or self.cinder, {name: found[name] for name in order})

    @property
    def passed(self) -> bool:
        """Whether every scenario has passed."""
        return {verdict for verdict, _ in self.found.values()} == {'pass'}


def compose(ours: Run, control: Run) -> str:
    """Return the page."""
    text = f'{_HEAD.format(cinder=ours.cinder)}\n{_table(ours, control)}'
    reasons = [*_reasons(ours), *_reasons(control)]
    return text + ''.join(f'{line}\n' for line in ('', *reasons)) if reasons else text


def parse(text: str) -> tuple[Run, Run]:
    """Return what a page that :func:`compose` has made tells."""
    cinder = _CINDER.search(' '.join(text.split()))
    reasons = {
        (name, who): re.sub(r'\\(.)', r'\1', reason) for name, who, reason in _REASON.findall(text)
    }
    found: dict[str, dict[str, tuple[str, str]]] = {'this driver': {}, "Cinder's own driver": {}}
    for story, cells in _ROW.findall(text):
        names = [(who, f'{story}-{each}') for who in found for each in _FORMATS]
        for (who, name), cell in zip(names, re.findall(r'- (.+)', cells)[1:], strict=True):
            found[who][name] = (_VERDICTS.get(cell, cell), reasons.get((name, who), ''))
    ours, control = found.values()
    release = cinder[1] if cinder else ''
    return Run(OURS, release, ours), Run(IN_TREE, release, control)


def stories() -> dict[str, str]:
    """Return what each story is about, by its name."""
    found: dict[str, str] = {}
    for each in all_scenarios():
        found.setdefault(_story(each.name), _OF_FORMAT.sub('', each.description))
    return found


def _story(name: str) -> str:
    return name.rpartition('-')[0]


def _table(ours: Run, control: Run) -> str:
    lines = [
        '.. list-table::',
        '   :header-rows: 1',
        '   :widths: 20 40 10 10 10 10',
        '',
        *_row(
            'Scenario', 'What is done', 'here, raw', 'here, qcow2', 'Cinder, raw', 'Cinder, qcow2'
        ),
    ]
    for story, about in stories().items():
        verdicts = [_cell(run, f'{story}-{each}') for run in (ours, control) for each in _FORMATS]
        lines += _row(f'``{story}``', about, *verdicts)
    return '\n'.join(lines) + '\n'


def _row(*cells: str) -> Iterable[str]:
    return [f'   {"*" if number == 0 else " "} - {cell}' for number, cell in enumerate(cells)]


def _cell(run: Run, name: str) -> str:
    verdict, _ = run.found.get(name, ('not_run', ''))
    return _CELLS.get(verdict, verdict)


def _reasons(run: Run) -> Iterable[str]:
    who = 'this driver' if run.driver == OURS else "Cinder's own driver"
    for name, (verdict, reason) in run.found.items():
        if verdict != 'pass':
            yield f'* ``{name}``, {who}: {_escaped(reason)}'


def _escaped(reason: str) -> str:
    """Return a reason without what is of one run only, the log included, and without markup."""
    said = ' '.join(reason.split()).partition(_LOGGED)[0]
    return re.sub(r'([\\*`|_<>])', r'\\\1', _UUID.sub('…', said))
