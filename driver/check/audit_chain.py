# SPDX-License-Identifier: Apache-2.0
"""What is to be said of how a volume's files hang together by their headers. Pure.

Main function: :func:`judge`. Each file by itself is left to :mod:`driver.check.audit_files`, the
record to :mod:`driver.check.audit_record`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driver.check.findings import Finding, Kind, Rebase, Severity
from driver.check.links import Link, Links
from driver.check.survey import Survey
from driver.layout import Format

_FORMATS = 'qemu-img rebase -u -f qcow2 -b {backing} -F FORMAT {overlay}'


def judge(survey: Survey, links: Links) -> Iterator[Finding]:
    """Tell what is wrong with the links between a volume's files."""
    yield from _judge_links(survey, links)
    yield from _cycles(survey, links)


def _judge_links(survey: Survey, links: Links) -> Iterator[Finding]:
    missing: set[str] = set()
    for name, link in links.by_name.items():
        if link.target is None:
            yield _escape(survey, name, link)
        elif link.target not in survey.files:
            if link.target not in missing:
                yield _missing_backing(survey, links, name, link.target)
            missing.add(link.target)
        else:
            if not link.bare:
                yield _path(survey, links, name, link, link.target)
            if link.form is None:
                yield _format(survey, name, link, link.target)
            elif links.is_sound(link.target) and links.size(name) < links.size(link.target):
                yield _smaller(survey, links, name, link.target)


def _escape(survey: Survey, name: str, link: Link) -> Finding:
    return Finding(
        Kind.ESCAPE,
        Severity.ERROR,
        survey.layout.volume,
        (name,),
        f'{name} names {link.text!r} as its backing file, which is no file of this volume. The '
        f'driver refuses the volume; a hypervisor would open what is named.',
        'By hand: find out who has written that. If the file that is meant is another one, write '
        f'its name: qemu-img rebase -u -f qcow2 -b FILE -F FORMAT {name}',
    )


def _missing_backing(survey: Survey, links: Links, name: str, target: str) -> Finding:
    uppers = links.above(target)
    return Finding(
        Kind.MISSING_FILE,
        Severity.ERROR,
        survey.layout.volume,
        (target, *uppers),
        f'{target} is gone, and {name} needs it as its backing file: the data of the volume can '
        f'not be read.',
        f'By hand: bring {target} back from a backup or a snapshot of the share. A repair leaves '
        f'all files as they are.',
    )


def _path(survey: Survey, links: Links, name: str, link: Link, target: str) -> Finding:
    form = _form_of(survey, link, target)
    return Finding(
        Kind.BACKING_PATH,
        Severity.ERROR,
        survey.layout.volume,
        (name, target),
        f'{name} names its backing file by the path {link.text!r}, which leads to {target} only '
        f'where the share is mounted at that place. The driver refuses the volume.',
        f'A repair writes the bare name, {target}, and changes nothing else.'
        if form
        else f'By hand, as the format is not recorded: '
        f'{_FORMATS.format(backing=target, overlay=name)}',
        Rebase(name, target, form) if form else None,
    )


def _format(survey: Survey, name: str, link: Link, target: str) -> Finding:
    form = _form_of(survey, link, target)
    return Finding(
        Kind.BACKING_FORMAT,
        Severity.ERROR,
        survey.layout.volume,
        (name, target),
        f'{name} records {link.recorded!r} as the format of {target}, neither raw nor qcow2: '
        f'whoever opens it has to guess, and a guest can mislead them.',
        'A repair records qcow2, as every overlay is.'
        if form
        else f'By hand, with the format that Cinder has in the admin metadata of the volume: '
        f'{_FORMATS.format(backing=target, overlay=name)}',
        Rebase(name, target, form) if form else None,
    )


def _form_of(survey: Survey, link: Link, target: str) -> Format | None:
    """Return a backing file's format as far as it is known: an overlay is always qcow2."""
    if link.form is not None or target == survey.layout.volume:
        return link.form
    return Format.QCOW2


def _smaller(survey: Survey, links: Links, name: str, target: str) -> Finding:
    return Finding(
        Kind.SIZE,
        Severity.ERROR,
        survey.layout.volume,
        (name, target),
        f'{name} has {links.size(name)} bytes, and {target} below it {links.size(target)}: a '
        f'volume only grows, and what is beyond the end of {name} is hidden.',
        'By hand: ask Cinder for the size of the volume, and where that is the larger one: '
        f'qemu-img resize -f qcow2 {name} SIZE',
    )


def _cycles(survey: Survey, links: Links) -> Iterator[Finding]:
    told: set[str] = set()
    for start in links.by_name:
        path: list[str] = []
        name: str | None = start
        while name in links.by_name and name not in path and name not in told:
            path.append(name)
            name = links.by_name[name].target
        if name in path:
            ring = tuple(path[path.index(name) :])
            yield Finding(
                Kind.CYCLE,
                Severity.ERROR,
                survey.layout.volume,
                ring,
                f'The backing files of {" and ".join(ring)} lead back to where they started.',
                'By hand: "qemu-img info -U -f qcow2" of each shows which one names a wrong file; '
                'nothing but a backup, or the order in which they were made, can tell. A repair '
                'leaves them alone.',
            )
        told.update(path)
