# SPDX-License-Identifier: Apache-2.0
"""Reads what lies on a share into values, and changes nothing.

Main class: :class:`Survey`, all that is known of one volume's files. What is to be said of it is
left to :mod:`driver.check.audit`. No process is started, and no file is opened to write but those
whose locks are asked for (:mod:`driver.locks`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Container, Iterable, Mapping

from driver import advice, exceptions, files, journal, listing, locks, qcow2, records
from driver.check.images import Look, look
from driver.journal import Intent
from driver.layout import Layout
from driver.locks import Holders
from driver.probe import Owner
from driver.records import Record


@dataclasses.dataclass(frozen=True)
class Seen:
    """One file as it was seen.

    :ivar what: empty for a regular file, else what it is instead
    :ivar allocated: bytes that it takes on the share
    :ivar changed: when its content last changed, in seconds since the epoch
    :ivar failure: why it can't be read and what to do, empty if it can
    :ivar look: what its start looks like; None if it wasn't read
    """

    name: str
    what: str
    owner: Owner
    size: int
    allocated: int
    changed: float
    failure: str = ''
    look: Look | None = None

    @property
    def header(self) -> qcow2.Header | None:
        """Its qcow2 header, if it has one that can be believed."""
        return self.look.header if self.look else None


@dataclasses.dataclass(frozen=True)
class Detail:
    """What is asked only of files that nothing refers to.

    :ivar empty: nothing was ever written to it; None if that can't be told
    :ivar holders: who has it open; None if that can't be told
    """

    empty: bool | None
    holders: Holders | None


@dataclasses.dataclass(frozen=True)
class Survey:
    """All that is known of one volume's files.

    :ivar files: name -> file, of all that bear the volume's name but those in ``kept``
    :ivar kept: names under which a repair has kept what it replaced
    :ivar record: None if there is none, or none that can be read
    :ivar record_fault: what is wrong with the record, empty if nothing is
    :ivar intent: what the journal says; None if there is none, or none that can be read
    :ivar journal_fault: what is wrong with the journal, empty if nothing is
    :ivar under_way: the journal belongs to a living process
    :ivar places: paths of the folder, where a header mentions any
    :ivar details: more about some files, see :func:`with_details`
    """

    layout: Layout
    files: Mapping[str, Seen]
    kept: tuple[str, ...] = ()
    record: Record | None = None
    record_fault: str = ''
    intent: Intent | None = None
    journal_fault: str = ''
    under_way: bool = False
    places: frozenset[str] = frozenset()
    details: Mapping[str, Detail] = dataclasses.field(default_factory=dict)

    @property
    def images(self) -> tuple[str, ...]:
        """Names that an image of the volume can have, whatever is in the file."""
        return tuple(name for name in self.files if self.layout.owns(name))

    @property
    def temporaries(self) -> tuple[str, ...]:
        """Names of files that were being prepared."""
        return tuple(name for name in self.files if listing.is_temporary(name))


def read(layout: Layout, names: Iterable[str], claimed: Container[str] = ()) -> Survey:
    """Read all that the names of a volume lead to.

    :param claimed: files that nobody has open because the caller has claimed them
    :raises ShareError: the share can't be asked for locks
    """
    present = tuple(names)
    kept = tuple(filter(listing.is_kept, present))
    files = {
        name: seen
        for name in present
        if name not in kept and (seen := _see(layout, name)) is not None
    }
    found = Survey(layout, files, kept, places=_places(layout, files.values()))
    if _is_regular(files, layout.record):
        found = _with_record(found)
    if _is_regular(files, layout.journal):
        found = _with_journal(found, layout.journal in claimed)
    return found


def with_details(survey: Survey, names: Iterable[str], claimed: Container[str] = ()) -> Survey:
    """Return a survey that also tells who has some files open and whether they hold data.

    :param claimed: files that nobody has open because the caller has claimed them
    """
    details = {name: _detail(survey, name, claimed) for name in names}
    return dataclasses.replace(survey, details=details)


def holders(layout: Layout, name: str) -> Holders | None:
    """Tell who has a file open, or None if that can't be told."""
    try:
        return locks.holders(layout.path(name))
    except exceptions.DriverError:
        return None


def _places(layout: Layout, files: Iterable[Seen]) -> frozenset[str]:
    headers = (seen.header for seen in files)
    if not any(header and '/' in (header.backing_file or '') for header in headers):
        return frozenset()
    return frozenset((str(layout.folder), os.path.realpath(layout.folder)))


def _is_regular(files: Mapping[str, Seen], name: str) -> bool:
    return name in files and not files[name].what


def _see(layout: Layout, name: str) -> Seen | None:
    """Return a file, or None if it is gone."""
    path = layout.path(name)
    try:
        status = os.lstat(path)
    except OSError:
        return None
    seen = Seen(
        name=name,
        what=files.kind(status.st_mode),
        owner=Owner.of(status),
        size=status.st_size,
        allocated=status.st_blocks * 512,
        changed=status.st_mtime,
    )
    if seen.what or not layout.owns(name):
        return seen
    try:
        return dataclasses.replace(seen, look=look(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        failure = f'{error.strerror}. {advice.on_file(path, error)}'
        return dataclasses.replace(seen, failure=failure)


def _with_record(survey: Survey) -> Survey:
    try:
        return dataclasses.replace(survey, record=records.load(survey.layout))
    except exceptions.RecordError as error:
        if isinstance(error.__cause__, OSError):
            return _with_failure(survey, survey.layout.record, error.__cause__)
        return dataclasses.replace(survey, record_fault=error.fault)


def _with_journal(survey: Survey, claimed: bool) -> Survey:
    try:
        under_way = not claimed and journal.is_held(survey.layout)
        survey = dataclasses.replace(survey, under_way=under_way)
        return dataclasses.replace(survey, intent=journal.load(survey.layout))
    except (exceptions.RecordError, exceptions.ChainError) as error:
        if isinstance(error.__cause__, OSError):
            return _with_failure(survey, survey.layout.journal, error.__cause__)
        fault = error.fault if isinstance(error, exceptions.RecordError) else str(error)
        return dataclasses.replace(survey, journal_fault=fault)


def _with_failure(survey: Survey, name: str, cause: OSError) -> Survey:
    """Tell that a file can't be read, which is not the same as a wrong content."""
    failure = f'{cause.strerror}. {advice.on_file(survey.layout.path(name), cause)}'
    failed = dataclasses.replace(survey.files[name], failure=failure)
    return dataclasses.replace(survey, files={**survey.files, name: failed})


def _detail(survey: Survey, name: str, claimed: Container[str]) -> Detail:
    seen = survey.files[name]
    header = seen.header
    empty = None
    if header is not None:
        with contextlib.suppress(OSError), files.opened(survey.layout.path(name)) as handle:
            empty = not any(files.read_at(handle, header.l1_offset, header.l1_entries * 8))
    if name in claimed:
        return Detail(empty, Holders(reading=False, writing=False))
    return Detail(empty, holders(survey.layout, name))
