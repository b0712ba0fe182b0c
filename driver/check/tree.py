# SPDX-License-Identifier: Apache-2.0
"""A volume's files as chains of what lies on what, with who has each open; damaged ones too.

Main function: :func:`grow`. What is wrong with them is left to :mod:`driver.check.audit`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from driver.check import audit_record, survey
from driver.check.links import Links
from driver.check.survey import Survey
from driver.layout import Format, Layout
from driver.locks import Holders
from driver.records import Record


@dataclasses.dataclass(frozen=True)
class Node:
    """One file of a chain, or what should be there.

    :ivar name: as far as it is one of the volume's, else as the header above names it
    :ivar fault: why it can't be followed further, empty if it can
    :ivar form: its format as the layout or the overlay above tells; None if only Cinder knows
    :ivar size: size that a guest sees, in bytes
    :ivar allocated: bytes that it takes on the share
    :ivar active: whether a guest is to use it, by the record
    :ivar snapshots: those whose data it holds, with what is below it, by the record
    :ivar holders: who has it open; None if that can't be told
    """

    name: str
    fault: str = ''
    form: Format | None = None
    size: int | None = None
    allocated: int | None = None
    active: bool = False
    snapshots: tuple[str, ...] = ()
    holders: Holders | None = None


@dataclasses.dataclass(frozen=True)
class Tree:
    """All chains of a volume.

    :ivar record: None if there is none, or none that can be read
    :ivar record_fault: what is wrong with the record, empty if nothing is
    :ivar branches: from the top down; that of the active file first
    """

    layout: Layout
    record: Record | None
    record_fault: str
    branches: tuple[tuple[Node, ...], ...]


def grow(layout: Layout, names: Iterable[str]) -> Tree:
    """Read a volume's files, and follow each chain as far as it goes.

    :param names: of the volume's files
    :raises ShareError: the share can't be asked for locks
    """
    seen = survey.read(layout, names)
    grower = _Grower(seen)
    record = seen.record
    tops = [*([record.active] if record else []), *grower.links.tops, *grower.links.images]
    branches = [grower.branch(top) for top in tops if top not in grower.told]
    return Tree(layout, record, _record_fault(seen, grower.links), tuple(branches))


def _record_fault(seen: Survey, links: Links) -> str:
    file = seen.files.get(seen.layout.record)
    if seen.record_fault or file is None:
        return seen.record_fault or ('' if seen.under_way else audit_record.missing(seen, links))
    reason = file.failure or (f'It is {file.what}.' if file.what else '')
    return f'{file.name} can not be read. {reason}' if reason else ''


class _Grower:
    """Follows chains, and tells each file in full once."""

    def __init__(self, seen: Survey) -> None:
        self.links = Links(seen)
        self.told: set[str] = set()
        self._survey = seen

    def branch(self, top: str) -> tuple[Node, ...]:
        nodes: list[Node] = []
        name: str | None = top
        while name is not None:
            nodes.append(self._node(name))
            if nodes[-1].fault:
                break
            link = self.links.by_name.get(name)
            if link is not None and link.target is None:
                nodes.append(Node(link.text, 'no file of this volume'))
            name = link.target if link else None
        return tuple(nodes)

    def _node(self, name: str) -> Node:
        if name in self.told:
            return Node(name, 'told above')
        self.told.add(name)
        seen = self._survey.files.get(name)
        if seen is None:
            return Node(name, 'missing')
        record = self._survey.record
        sound = self.links.is_sound(name)
        form = self._form(name)
        fault = seen.what or seen.failure or (seen.look.damage if seen.look else '')
        return Node(
            name=name,
            fault='' if sound else fault or 'no qcow2 header',
            form=form,
            size=self.links.size(name) if sound and form else None,
            allocated=None if seen.what else seen.allocated,
            active=record is not None and record.active == name,
            snapshots=self._snapshots(name),
            holders=None if seen.what else survey.holders(self._survey.layout, name),
        )

    def _form(self, name: str) -> Format | None:
        if name != self._survey.layout.volume:
            return Format.QCOW2
        forms = self.links.base_forms
        return next(iter(forms)) if len(forms) == 1 else None

    def _snapshots(self, name: str) -> tuple[str, ...]:
        overlays = self._survey.record.overlays if self._survey.record else {}
        above = self.links.above(name)
        return tuple(key for key, overlay in overlays.items() if overlay in above)
