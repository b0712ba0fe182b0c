# SPDX-License-Identifier: Apache-2.0
"""What is to be said of each file of a volume by itself. Pure.

Main function: :func:`judge`. How the files hang together is left to
:mod:`driver.check.audit_chain`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driver.check.findings import Finding, Kind, Remove, SetAside, Severity
from driver.check.links import Links
from driver.check.survey import Seen, Survey
from driver.journal import Intent, Operation

#: Seconds after which a temporary file that nobody has open belongs to no operation any more:
#: one that writes to it does so all the time, and a host's clock may be off.
STALE = 3600

_LOOK = 'look at it as an unprivileged user with "qemu-img info -U -f qcow2"'


def judge(survey: Survey, links: Links, now: float) -> Iterator[Finding]:
    """Tell what is wrong with single files.

    :param survey: with details of the temporary files
    :param now: seconds since the epoch
    """
    for seen in survey.files.values():
        yield from _judge_file(survey, links, seen)
    for name in survey.temporaries:
        if not survey.files[name].what:
            yield _temporary(survey, survey.files[name], now)
    if survey.under_way:
        yield _under_way(survey)
    elif survey.intent is not None:
        yield _interrupted(survey, survey.intent)
    elif survey.journal_fault:
        yield _unreadable_journal(survey, links)


def _judge_file(survey: Survey, links: Links, seen: Seen) -> Iterator[Finding]:
    layout, name = survey.layout, seen.name
    if seen.what:
        yield _not_regular(survey, seen)
    elif seen.failure:
        yield _unreadable(survey, seen)
    elif name in links.images:
        yield from _judge_image(survey, links, seen)
    elif layout.is_copy(name):
        if layout.volume not in survey.files:
            yield _lonely_copy(survey, seen)
    elif name not in (*survey.temporaries, layout.record, layout.journal):
        yield Finding(
            Kind.UNKNOWN_FILE,
            Severity.HINT,
            layout.volume,
            (name,),
            f'{name} bears the name of the volume and is none of the files that the driver makes.',
            'By hand: remove it if it is of no use. A repair leaves it alone.',
        )


def _lonely_copy(survey: Survey, seen: Seen) -> Finding:
    return Finding(
        Kind.UNKNOWN_FILE,
        Severity.HINT,
        survey.layout.volume,
        (seen.name,),
        f'{seen.name} is a snapshot of an encrypted volume whose own file is not there.',
        'By hand: bring the file back, if Cinder has the volume; this copy may be the only data '
        'left. A repair leaves it alone.',
    )


def _not_regular(survey: Survey, seen: Seen) -> Finding:
    return Finding(
        Kind.NOT_REGULAR,
        Severity.ERROR,
        survey.layout.volume,
        (seen.name,),
        f'{seen.name} is {seen.what} in place of a file of the volume. The driver does not follow '
        f'it, but other programs may.',
        'By hand: find out who made it, and put the file itself in its place. A repair leaves it '
        'alone.',
    )


def _unreadable(survey: Survey, seen: Seen) -> Finding:
    return Finding(
        Kind.UNREADABLE_FILE,
        Severity.ERROR,
        survey.layout.volume,
        (seen.name,),
        f'{seen.name} can not be read: {seen.failure}',
        'By hand: give this account access to it, or check as the account of cinder-volume.',
    )


def _judge_image(survey: Survey, links: Links, seen: Seen) -> Iterator[Finding]:
    look = seen.look
    if look is None:
        return
    if links.is_raw(seen.name):
        if look.magic is not None:
            yield _mark_in_base(survey, links, seen, look.magic)
    elif look.external:
        yield _bad_image(
            survey,
            Kind.EXTERNAL_DATA,
            seen,
            f'{seen.name} says that its data is in another file. No volume may do so: it would '
            f'have a hypervisor open any file that it names (CVE-2024-32498).',
        )
    elif look.missing_l1:
        yield _bad_image(
            survey,
            Kind.SIZE,
            seen,
            f'{seen.name} claims a larger disk than its L1 table can map: {look.missing_l1} '
            f'entries are missing. A guest would not reach the end of it.',
        )
    elif look.header is None and seen.size:
        damage = look.damage or f'{seen.name} has no qcow2 header, and every overlay has one.'
        yield _bad_image(survey, Kind.DAMAGED_HEADER, seen, damage)


def _bad_image(survey: Survey, kind: Kind, seen: Seen, meaning: str) -> Finding:
    return Finding(
        kind,
        Severity.ERROR,
        survey.layout.volume,
        (seen.name,),
        meaning,
        f'By hand: {_LOOK}, and bring the file back from a backup. A repair leaves it alone.',
    )


def _mark_in_base(survey: Survey, links: Links, seen: Seen, magic: str) -> Finding:
    layout, name = survey.layout, seen.name
    named = seen.header.backing_file if seen.header else None
    reaches = f' It names {named!r} as its backing file.' if named is not None else ''
    if not links.base_forms:
        return Finding(
            Kind.HEADER_IN_RAW,
            Severity.HINT,
            layout.volume,
            (name,),
            f'{name} begins like a {magic} image.{reaches} Whether it is one, or a raw volume '
            f'into which a guest has written that (bug 1350504), only Cinder knows.',
            'By hand: see that the admin metadata of the volume has its true format. A repair '
            'leaves it alone.',
        )
    upper = links.above(name)
    return Finding(
        Kind.HEADER_IN_RAW,
        Severity.ERROR,
        layout.volume,
        (name, *upper),
        f'{name} begins like a {magic} image, and {upper[0]} records it as raw.{reaches} Either a '
        f'guest has written that into a raw volume (bug 1350504), to have somebody who believes '
        f'it open other files, or the record of its format is wrong.',
        'By hand: ask Cinder for the format that the volume was made with. If that is raw, never '
        'let a program guess the format of this file; it is as good as any other raw volume. A '
        'repair leaves it alone, since the guest may have written what it wants to keep.',
    )


def _temporary(survey: Survey, seen: Seen, now: float) -> Finding:
    detail = survey.details.get(seen.name)
    holders = detail.holders if detail else None
    busy = holders is None or holders.any or now - seen.changed < STALE
    return Finding(
        Kind.TEMPORARY,
        Severity.HINT if busy else Severity.WARNING,
        survey.layout.volume,
        (seen.name,),
        f'{seen.name} was being prepared by an operation, '
        + ('which may still be going on.' if busy else 'which was interrupted.'),
        'Left alone until nobody has it open and it is an hour old; the next start of '
        'cinder-volume removes it too.'
        if busy
        else 'A repair removes it: what is being prepared holds nothing needed.',
        None if busy else Remove(seen.name),
    )


def _under_way(survey: Survey) -> Finding:
    layout, intent = survey.layout, survey.intent
    operation = _operation(intent) if intent else 'An operation on the volume'
    return Finding(
        Kind.UNDER_WAY,
        Severity.HINT,
        layout.volume,
        (layout.journal,),
        f'{operation} is under way: its process holds the journal. How the files hang together '
        f'was not judged.',
        'Nothing is to be done; check again when it has ended.',
    )


def _interrupted(survey: Survey, intent: Intent) -> Finding:
    layout = survey.layout
    begun = has_begun(survey, intent)
    return Finding(
        Kind.JOURNAL,
        Severity.WARNING,
        layout.volume,
        (layout.journal, *_needed(survey, intent)),
        f'{_operation(intent)} was interrupted.',
        'By hand: the next operation of cinder-volume on the volume settles it, and so does its '
        "next start. A repair leaves it alone: how it has to end depends on Cinder's database."
        if begun
        else 'A repair keeps the journal under another name: nothing of it was done.',
        None if begun else SetAside(layout.journal),
    )


def _unreadable_journal(survey: Survey, links: Links) -> Finding:
    layout = survey.layout
    only = _only_file(survey, links)
    return Finding(
        Kind.JOURNAL,
        Severity.ERROR,
        layout.volume,
        (layout.journal,),
        f'{survey.journal_fault} The driver refuses operations on the volume.',
        f'By hand: the log of cinder-volume tells which snapshot of the volume was being made or '
        f'deleted. Once no other error is told of the volume, move {layout.journal} away and '
        f'delete that snapshot, whose data may be half merged. A repair leaves it alone: what was '
        f'begun can not be told from the files.'
        if only is None
        else f'A repair keeps the journal under another name: the volume has no snapshot and no '
        f'file but {only}, so nothing is to be finished.',
        SetAside(layout.journal) if only is not None else None,
    )


def _only_file(survey: Survey, links: Links) -> str | None:
    """Return the only image of a volume that has no snapshot by its record and its headers.

    Where there is a snapshot, its data can be half merged, which no header tells.
    """
    record = survey.record
    if record is None and survey.layout.record in survey.files:
        return None
    active = record.active if record else survey.layout.volume
    overlays = record.overlays if record else {}
    alone = links.images == (active,) and links.is_sound(active) and active not in links.by_name
    return active if alone and not overlays else None


def has_begun(survey: Survey, intent: Intent) -> bool:
    """Tell whether anything may follow from an interrupted operation."""
    if intent.operation is not Operation.CREATE:
        return True
    overlay = survey.layout.overlay(intent.snapshot_id)
    if survey.layout.copy(intent.snapshot_id) in survey.files:
        return True
    if survey.record is None:
        return overlay in survey.files or survey.layout.record in survey.files
    return overlay in survey.files or intent.snapshot_id in survey.record.overlays


def _needed(survey: Survey, intent: Intent) -> tuple[str, ...]:
    layout, snapshot_id = survey.layout, intent.snapshot_id
    names = (intent.removes or layout.overlay(snapshot_id), layout.copy(snapshot_id))
    return tuple(name for name in names if name in survey.files)


def _operation(intent: Intent) -> str:
    words = {Operation.CREATE: 'The creation', Operation.DELETE: 'The deletion'}
    return f'{words[intent.operation]} of snapshot {intent.snapshot_id}'
