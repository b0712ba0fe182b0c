# SPDX-License-Identifier: Apache-2.0
"""The support matrix as a page of reST, made of reports of ``nova-assist run``. Pure.

Main functions: :func:`compose`, and :func:`parse`, its inverse; :data:`PLAYERS` are who has
columns in it. Playing is left to :mod:`tests.matrix.everything`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nova_assist.scenarios.runner import all_scenarios
from tests.judged import IN_TREE, OURS

_FORMATS = ('raw', 'qcow2')
_UUID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
_CLOUD = re.compile(r'/[^ ]*?nova-assist-[^/ ]+')
_LOGGED = '; Cinder logged: '
_OF_FORMAT = re.compile(r' \((raw|qcow2) volumes\)$')

_LOG = re.compile(r' \(log: [^)]*\)')
_CELLS = {'pass': 'passes', 'fail': '**fails**', 'not_run': 'not played'}
_VERDICTS = {cell: verdict for verdict, cell in _CELLS.items()}
_CINDER = re.compile(r'\(Cinder ([^)]+)\) as the control')
_ROW = re.compile(r'\* - ``([a-z-]+)``\n((?:     - .+\n)+)')
_REASON = re.compile(r'^\* ``([a-z0-9-]+)``, ([^:]+): (.*)$', re.MULTILINE)

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

In secure mode (``--secure``) Cinder, the hypervisor and an outsider are accounts of their own, on
a local folder; :doc:`../contributor/lab` has it on NFS whose root is squashed, but for what is
slow. There Nova's root can't read files of mode 0660, as it has to before it attaches an encrypted
volume, see :doc:`encryption`. Cinder's own driver does not start in secure mode where it is to
take snapshots.

Not supported are multi-attach, QoS and replication; Cinder's scheduler is told so
(``multiattach``, ``QoS_support`` and ``replication_enabled`` are false).
"""


@dataclasses.dataclass(frozen=True)
class Player:
    """A driver in a mode, which has a column for each format of volumes.

    :ivar who: what it is called in a reason
    :ivar heading: what its columns are called
    :ivar without: the stories that can't be played in that mode, and say so
    """

    who: str
    heading: str
    driver: str
    secure: bool = False
    without: tuple[str, ...] = ()


PLAYERS = (
    Player('this driver', 'here', OURS),
    Player(
        'this driver in secure mode', 'here, secure', OURS, secure=True, without=('hand-over',)
    ),
    Player("Cinder's own driver", 'Cinder', IN_TREE),
)


@dataclasses.dataclass(frozen=True)
class Run:
    """What a player has come to.

    :ivar cinder: the version of Cinder
    :ivar found: verdict and reason by name of scenario
    """

    player: Player
    cinder: str
    found: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, player: Player, report: Mapping[str, Any]) -> Run:
        """Take from a player's report what the page needs."""
        found = {each['name']: (each['verdict'], each['reason']) for each in report['scenarios']}
        return cls(player, report['versions']['cinder'], found)

    @classmethod
    def refused(cls, player: Player, story: str, said: str) -> Run:
        """Return that a player does not start in the cloud that a story wants.

        :param said: why, by the command
        """
        reason = _LOG.sub('', said.removeprefix('nova-assist: '))
        return cls(player, '', {f'{story}-{each}': ('not_run', reason) for each in _FORMATS})

    def updated(self, newer: Run) -> Run:
        """Return this with what another run has found, in the order of all scenarios."""
        found = {**self.found, **newer.found}
        order = [each.name for each in all_scenarios() if each.name in found]
        return Run(self.player, newer.cinder or self.cinder, {name: found[name] for name in order})

    @property
    def passed(self) -> bool:
        """Whether every scenario has passed that can be played."""
        verdicts = {
            verdict
            for name, (verdict, _) in self.found.items()
            if _story(name) not in self.player.without
        }
        return verdicts == {'pass'}


def compose(runs: Sequence[Run]) -> str:
    """Return the page, of a run for each of :data:`PLAYERS`."""
    text = f'{_HEAD.format(cinder=runs[0].cinder)}\n{_table(runs)}'
    reasons = [line for run in runs for line in _reasons(run)]
    return text + ''.join(f'{line}\n' for line in ('', *reasons)) if reasons else text


def parse(text: str) -> list[Run]:
    """Return what a page that :func:`compose` has made tells."""
    cinder = _CINDER.search(' '.join(text.split()))
    reasons = {
        (name, who): re.sub(r'\\(.)', r'\1', reason) for name, who, reason in _REASON.findall(text)
    }
    found: dict[str, dict[str, tuple[str, str]]] = {each.who: {} for each in PLAYERS}
    for story, cells in _ROW.findall(text):
        names = [(who, f'{story}-{each}') for who in found for each in _FORMATS]
        for (who, name), cell in zip(names, re.findall(r'- (.+)', cells)[1:], strict=True):
            found[who][name] = (_VERDICTS.get(cell, cell), reasons.get((name, who), ''))
    return [Run(each, cinder[1] if cinder else '', found[each.who]) for each in PLAYERS]


def stories() -> dict[str, str]:
    """Return what each story is about, by its name."""
    found: dict[str, str] = {}
    for each in all_scenarios():
        found.setdefault(_story(each.name), _OF_FORMAT.sub('', each.description))
    return found


def _story(name: str) -> str:
    return name.rpartition('-')[0]


def _table(runs: Sequence[Run]) -> str:
    columns = [f'{run.player.heading}, {each}' for run in runs for each in _FORMATS]
    lines = [
        '.. list-table::',
        '   :header-rows: 1',
        f'   :widths: 20 40{" 10" * len(columns)}',
        '',
        *_row('Scenario', 'What is done', *columns),
    ]
    for story, about in stories().items():
        verdicts = [_cell(run, f'{story}-{each}') for run in runs for each in _FORMATS]
        lines += _row(f'``{story}``', about, *verdicts)
    return '\n'.join(lines) + '\n'


def _row(*cells: str) -> Iterable[str]:
    return [f'   {"*" if number == 0 else " "} - {cell}' for number, cell in enumerate(cells)]


def _cell(run: Run, name: str) -> str:
    verdict, _ = run.found.get(name, ('not_run', ''))
    return _CELLS.get(verdict, verdict)


def _reasons(run: Run) -> Iterable[str]:
    for name, (verdict, reason) in run.found.items():
        if verdict != 'pass':
            yield f'* ``{name}``, {run.player.who}: {_escaped(reason)}'


def _escaped(reason: str) -> str:
    """Return a reason without what is of one run only, the log included, and without markup."""
    said = ' '.join(reason.split()).partition(_LOGGED)[0]
    return re.sub(r'([\\*`|_<>])', r'\\\1', _CLOUD.sub('…', _UUID.sub('…', said)))
