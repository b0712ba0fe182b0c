# SPDX-License-Identifier: Apache-2.0
"""What is to be said of a volume's record, and of files that nothing refers to. Pure.

Main function: :func:`judge`. How the files hang together by their headers is left to
:mod:`driver.check.audit_chain`.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from driver.check.findings import Finding, Kind, SaveRecord, SetAside, Severity
from driver.check.links import Links
from driver.check.rebuilding import NATURAL, rebuild
from driver.check.survey import Survey
from driver.journal import Operation
from driver.records import Record

_INTERRUPTED = 'an operation on the volume was interrupted'
_CHOICE = (
    'there is not exactly one file that no other is an overlay of, with a whole chain of files '
    'named after snapshots below it'
)


def judge(survey: Survey, links: Links, told: Container[str]) -> Iterator[Finding]:
    """Tell what is wrong with the record, and which files nothing refers to.

    :param survey: with details of the files that :func:`strays` returns
    :param told: files of which something worse was told already
    """
    yield from _judge_record(survey, links)
    for name in strays(survey, links):
        if name not in told:
            yield _stray(survey, links, name)


def strays(survey: Survey, links: Links) -> tuple[str, ...]:
    """Return the images that nothing refers to: neither the record nor a file of its chain.

    None where that can't be told: the record or the chain is broken.
    """
    active = _active(survey, links)
    if active is None or active not in survey.files:
        return ()
    walk = links.walk(active)
    if not walk.whole:
        return ()
    named = survey.record.overlays.values() if survey.record else ()
    found = (name for name in links.images if name not in (*walk.names, *named))
    return tuple(name for name in found if name not in _in_journal(survey))


def _active(survey: Survey, links: Links) -> str | None:
    """Return the file that a guest uses by the record, or None if that can't be told."""
    if survey.record is not None:
        return survey.record.active
    recorded = survey.layout.record in survey.files
    return None if recorded or _overlays(survey, links) else survey.layout.volume


def _overlays(survey: Survey, links: Links) -> tuple[str, ...]:
    """Return the images but the base; an empty file is an overlay that was withdrawn."""
    names = (name for name in links.images if name != survey.layout.volume)
    return tuple(name for name in names if survey.files[name].size or survey.files[name].what)


def _in_journal(survey: Survey) -> tuple[str, ...]:
    """Return the files that an interrupted operation explains."""
    intent = survey.intent
    if intent is None:
        return ()
    return tuple(filter(None, (survey.layout.overlay(intent.snapshot_id), intent.removes)))


def _judge_record(survey: Survey, links: Links) -> Iterator[Finding]:
    if survey.record is not None:
        yield from _compare(survey, links)
    elif survey.record_fault:
        yield _rebuilt(survey, links, Kind.UNREADABLE_RECORD, survey.record_fault)
    elif gone := missing(survey, links):
        yield _rebuilt(
            survey,
            links,
            Kind.MISSING_RECORD,
            f'{gone} Cinder would attach {survey.layout.volume}, and not what was written since '
            f'the first snapshot.',
        )


def missing(survey: Survey, links: Links) -> str:
    """Return a sentence about a record that isn't there and should be, empty if all is well.

    The overlay of a first snapshot that was never finished has none.
    """
    intent, layout = survey.intent, survey.layout
    overlays = _overlays(survey, links)
    creates = intent is not None and intent.operation is Operation.CREATE
    first = layout.overlay(intent.snapshot_id) if intent and creates else None
    if layout.record in survey.files or all(name == first for name in overlays):
        return ''
    return f'{layout.record} is gone, though there are overlays: {", ".join(overlays)}.'


def _rebuilt(survey: Survey, links: Links, kind: Kind, meaning: str) -> Finding:
    interrupted = _may_be_merged(survey)
    record = None if interrupted else rebuild(links)
    return Finding(
        kind,
        Severity.ERROR,
        survey.layout.volume,
        (survey.layout.record, *links.images),
        meaning,
        f'A repair writes it anew from the image headers, with {record.active} as the active '
        f'file. {NATURAL}'
        if record
        else 'By hand: write it anew, {"active": FILE, "SNAPSHOT ID": OVERLAY, ...}. The headers '
        f'alone do not tell how: {_INTERRUPTED if interrupted else _CHOICE}.',
        SaveRecord(record) if record else None,
    )


def _may_be_merged(survey: Survey) -> bool:
    """Tell whether an interrupted operation can have merged files, so that headers mislead."""
    deletes = survey.intent is not None and survey.intent.operation is Operation.DELETE
    return deletes or bool(survey.journal_fault)


def _compare(survey: Survey, links: Links) -> Iterator[Finding]:
    """Compare a record that can be read with the chain below its active file."""
    record, layout = survey.record, survey.layout
    if record is None:
        return
    if record.active not in survey.files:
        nothing = not links.images
        yield Finding(
            Kind.MISSING_FILE,
            Severity.WARNING if nothing else Severity.ERROR,
            layout.volume,
            (record.active, layout.record),
            f'Nothing but its record is left of {layout.volume}.'
            if nothing
            else f'{record.active} is gone, which is the active file by {layout.record}: what was '
            f'written since the last snapshot can not be read.',
            'By hand: if Cinder does not know the volume any more, remove the record; if it does, '
            'bring the files back from a backup. A repair leaves all files as they are.',
        )
        return
    walk = links.walk(record.active)
    linked = [name for name in walk.names if name in links.by_name]
    if not walk.whole or survey.intent is not None:
        return
    if sorted(linked) != sorted(record.overlays.values()):
        yield _disagreeing(survey, links, linked)


def _disagreeing(survey: Survey, links: Links, linked: list[str]) -> Finding:
    layout, record = survey.layout, survey.record
    mapped = sorted(record.overlays.values()) if record else []
    fresh = rebuild(links)
    if fresh is not None and record is not None and not _is_certain(survey, record, fresh):
        fresh = None
    return Finding(
        Kind.RECORD_DISAGREES,
        Severity.ERROR,
        layout.volume,
        (layout.record, *sorted(set(mapped) ^ set(linked))),
        f'{layout.record} has a snapshot before each of {mapped}, and by the image headers the '
        f'overlays are {sorted(linked)}. The driver refuses snapshots of the volume.',
        f'A repair keeps what the record says of overlays that are in the chain, drops what it '
        f'says of others, and adds what is missing. {NATURAL}'
        if fresh
        else f'By hand: compare it with "qemu-img info -U --backing-chain" and with the snapshots '
        f'that Cinder has, and write it anew. If an operation of another driver is under way on '
        f'{layout.volume}, wait for its end.',
        SaveRecord(fresh) if fresh else None,
    )


def _is_certain(survey: Survey, record: Record, fresh: Record) -> bool:
    """Tell whether the headers leave only one record.

    Not where two files claim to hold the newest data, nor where an overlay is gone and the active
    file is one: it can have been pulled into that, or committed, and then the active file stands
    for one snapshot or for the other. Nor where nobody can read what was under way.
    """
    gone = any(name not in survey.files for name in record.overlays.values())
    merged = gone and record.active in fresh.overlays.values()
    return fresh.active == record.active and not merged and not survey.journal_fault


def _stray(survey: Survey, links: Links, name: str) -> Finding:
    detail = survey.details.get(name)
    empty = survey.files[name].size == 0 or (detail is not None and detail.empty is True)
    used = detail is None or detail.holders is None or detail.holders.any
    overlay = name != survey.layout.volume
    movable = empty and not used and overlay and not survey.journal_fault
    if used and detail and detail.holders:
        state = 'it is open in a QEMU process'
    else:
        state = 'nothing was ever written to it' if empty else 'it holds data'
    active = _active(survey, links)
    return Finding(
        Kind.ORPHAN,
        Severity.WARNING if movable else Severity.ERROR,
        survey.layout.volume,
        (name,),
        f'{name} is neither in the record nor below the active file, {active}; {state}.',
        'A repair keeps it under another name, where no program looks for it.'
        if movable
        else f'By hand: see what uses it, and compare its data with that of {active}. If it holds '
        f'the newer data, name it in {survey.layout.record}; if Cinder and Nova do not know it, '
        f'remove it. A repair leaves it alone.',
        SetAside(name) if movable else None,
    )
