# SPDX-License-Identifier: Apache-2.0
"""Mends what :mod:`driver.check.audit` has found and can prove how to mend.

Main function: :func:`repair`. No image is removed; what is replaced is kept under another name.
Each step leaves the volume no worse than it was, so that a repair that was interrupted can be
repeated: it looks afresh before each step, while every QEMU is kept out of the volume's files.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterable

from driver import access, durable, exceptions, files, listing, locks, qcow2, qemu_img, records
from driver.check import audit, audit_access, survey
from driver.check.audit_access import Expected
from driver.check.findings import (
    Finding,
    Kind,
    Rebase,
    Remedy,
    Remove,
    SaveRecord,
    SetAccess,
    SetAside,
)
from driver.check.rebuilding import NATURAL
from driver.layout import Layout


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How the repair of something ended.

    :ivar kind: what was found; None if the volume could not be looked at for its repair
    :ivar done: whether it was mended
    :ivar what: what was done, or why nothing was
    :ivar kept: the name under which is kept what was replaced, if anything was
    """

    volume: str
    kind: Kind | None
    done: bool
    what: str
    kept: str | None = None


def repair(
    folder: pathlib.Path,
    findings: Iterable[Finding],
    expected: Expected,
    progress: audit.Progress | None = None,
) -> list[Outcome]:
    """Mend what can be mended, one volume after the other.

    :param findings: what an audit of the share has found
    :param expected: whose its files should be
    """
    maker = access.FileMaker(expected.mode or access.SECURE_MODE)
    mendable = {finding.volume: None for finding in findings if finding.remedy is not None}
    outcomes = []
    for number, volume in enumerate(mendable, 1):
        outcomes += _Repair(Layout(folder, volume), expected, maker).carry_out()
        if progress is not None:
            progress(number, len(mendable))
    return outcomes


class _Repair:
    """The repair of one volume."""

    def __init__(self, layout: Layout, expected: Expected, maker: access.FileMaker) -> None:
        self._layout = layout
        self._expected = expected
        self._maker = maker
        self._claimed: tuple[str, ...] = ()
        self._outcomes: list[Outcome] = []

    def carry_out(self) -> list[Outcome]:
        try:
            try:
                self._mend_claimed()
            except exceptions.ChainError:  # a file that may not be opened can't be claimed
                self._mend(access_only=True)
                self._mend_claimed()
        except exceptions.DriverError as error:
            self._outcomes.append(Outcome(self._layout.volume, None, False, str(error)))
        return self._outcomes

    def _mend_claimed(self) -> None:
        with contextlib.ExitStack() as held:
            self._claim(held)
            self._mend(access_only=False)

    def _claim(self, held: contextlib.ExitStack) -> None:
        """Keep every QEMU out of the volume's files, and operations of the driver too.

        :raises FileInUse: one is in already
        """
        seen = survey.read(self._layout, self._names())
        if seen.under_way:
            raise self._under_way()
        regular = (name for name, file in seen.files.items() if not file.what)
        claimable = (*seen.images, *seen.temporaries, self._layout.journal)
        self._claimed = tuple(name for name in regular if name in claimable)
        for name in self._claimed:
            held.enter_context(locks.claim(self._layout.path(name)))

    def _mend(self, *, access_only: bool) -> None:
        tried = set()
        while True:
            # Afresh after each step: one that was mended shows how to mend the next.
            names = self._names()
            begun = self._layout.journal in names and self._layout.journal not in self._claimed
            if begun and not access_only:
                raise self._under_way()  # it has begun just now
            found = audit.examine(self._layout, names, self._expected, self._claimed)
            mendable = (
                each
                for each in found
                if each.remedy
                and each.key not in tried
                and (not access_only or isinstance(each.remedy, SetAccess))
            )
            finding = next(mendable, None)
            if finding is None or finding.remedy is None:
                return
            tried.add(finding.key)
            self._outcomes.append(self._try(finding, finding.remedy))

    def _under_way(self) -> exceptions.FileInUse:
        return exceptions.FileInUse(
            f'An operation on {self._layout.volume} is under way. Repeat this when it has ended.'
        )

    def _try(self, finding: Finding, remedy: Remedy) -> Outcome:
        volume, kind = finding.volume, finding.kind
        try:
            kept = self._apply(remedy)
        except exceptions.DriverError as error:
            return Outcome(volume, kind, False, str(error))
        done = _done(self._layout, remedy)
        return Outcome(volume, kind, True, done, kept.name if kept else None)

    def _apply(self, remedy: Remedy) -> pathlib.Path | None:
        """Carry out one remedy; returns the name under which what it replaced is kept."""
        layout = self._layout
        if isinstance(remedy, SaveRecord):
            record = layout.path(layout.record)
            kept = durable.keep(record) if record.exists() else None
            self._keep_prepared(records.written(remedy.record))
            records.save(layout, remedy.record, self._maker)
            return kept
        path = layout.path(remedy.overlay if isinstance(remedy, Rebase) else remedy.name)
        if isinstance(remedy, Rebase):
            kept = durable.keep_start(path, qcow2.HEADER_BYTES, self._maker)
            qemu_img.rebase(path, remedy.backing, remedy.backing_format, locking=False)
            durable.sync_file(path)
            return kept
        if isinstance(remedy, SetAside):
            kept = durable.keep(path)
            durable.remove(path)
            return kept
        if isinstance(remedy, Remove):
            durable.remove(path)
        else:
            access.change(path, remedy.uid, remedy.gid, remedy.mode)
            durable.sync_file(path)
        return None

    def _keep_prepared(self, data: bytes) -> None:
        """Keep a record that was being prepared, unless a repair like this has begun it."""
        prepared = self._layout.path(self._layout.temporary(self._layout.record))
        if prepared.exists() and not data.startswith(files.read(prepared, len(data) + 1)):
            durable.keep(prepared)

    def _names(self) -> tuple[str, ...]:
        found = listing.list_folder(self._layout.folder)
        return found.volumes.get(self._layout.volume, ())


def _done(layout: Layout, remedy: Remedy) -> str:
    """Return a sentence about a remedy that was carried out."""
    if isinstance(remedy, SaveRecord):
        record = remedy.record
        written = f'{layout.record} was written from the image headers: {record.active} is active'
        if not record.overlays:
            return f'{written}, and there is no snapshot.'
        return f'{written}, snapshots are {", ".join(sorted(record.overlays))}. {NATURAL}'
    if isinstance(remedy, Rebase):
        return (
            f'{remedy.overlay} names {remedy.backing} as its backing file now, with the format '
            f'{remedy.backing_format.value}. Nothing else of it was changed, and its header as it '
            f'was is kept.'
        )
    if isinstance(remedy, SetAside):
        return f'{remedy.name} was given another name, under which no program looks for it.'
    if isinstance(remedy, Remove):
        return f'{remedy.name} was removed: it held nothing needed.'
    return f'{remedy.name} was given {audit_access.words(remedy)}.'
