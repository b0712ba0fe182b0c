# SPDX-License-Identifier: Apache-2.0
"""What an operator names that Cinder is to manage, and which names can be managed at all. Pure.

Main class: :class:`Reference`. What lies under the name is left to :mod:`driver.adopting`.
"""

from __future__ import annotations

import dataclasses
import pathlib
import reprlib
from collections.abc import Iterable, Mapping

from driver import exceptions, listing
from driver.layout import INFO, JOURNAL, TEMPORARY, Format

#: The key of a reference's name, as all drivers have it.
NAME = 'source-name'
_FORMAT = 'format'

_BY_SUFFIX = {'.qcow2': Format.QCOW2, '.raw': Format.RAW, '.img': Format.RAW}
_UNKNOWN_SUFFIXES = ('.qed', '.vdi', '.vhd', '.vhdx', '.vmdk')


@dataclasses.dataclass(frozen=True)
class Reference:
    """A file, or a volume by the name of its base file, in the folder of a share.

    :ivar share: None if only the name was given
    :ivar stated: the format that the operator has stated, by a key of its own or by the name
    """

    share: str | None
    name: str
    stated: Format | None


def mapped(given: object) -> Mapping[str, object]:
    """Return a reference as pairs, none if it is a text or null, which Cinder's API takes, too."""
    return given if isinstance(given, Mapping) else {}


def parse(given: object, shares: Iterable[str]) -> Reference:
    """Parse the reference of a request, such as ``{'source-name': 'host:/export/disk.qcow2'}``.

    :param shares: the backend's exports
    :raises InvalidReference: it is no such reference, or its name is none that can be managed
    """
    source = mapped(given).get(NAME)
    if not isinstance(source, str):
        raise exceptions.InvalidReference(
            f'The reference {reprlib.repr(given)} has no "{NAME}". Give the name of a '
            f'file, or HOST:/EXPORT/NAME.'
        )
    # Of two exports, one in the other, the longer one is meant.
    inside = [each for each in shares if source.startswith(f'{each.rstrip("/")}/')]
    share = max(inside, key=len, default=None)
    name = source.removeprefix(f'{share.rstrip("/")}/') if share else source
    if fault := refusal(name):
        raise exceptions.InvalidReference(f'{source!r} can not be managed: it {fault}.')
    return Reference(share, name, _stated(mapped(given).get(_FORMAT), name))


def refusal(name: str) -> str:
    """Say why no file of that name can be managed; empty if it can, as far as names tell."""
    if '/' in name:
        return (
            'is on no share of this backend, or not in the folder of one itself, where volumes '
            'are: move it there'
        )
    if not name or name.startswith('.') or not name.isprintable():
        return 'has a name that is hidden or has characters that can not be printed: rename it'
    if name.endswith((INFO, JOURNAL, TEMPORARY)) or listing.is_kept(name):
        return 'is a file that drivers keep beside a volume'
    if whole := listing.part_of(name):
        return f'is a part of volume {whole} by its name: manage that, or rename the file'
    if pathlib.PurePath(name).suffix.lower() in _UNKNOWN_SUFFIXES:
        return 'is neither raw nor qcow2 by its name: convert it with "qemu-img convert"'
    return ''


def _stated(given: object, name: str) -> Format | None:
    if given is None:
        return _BY_SUFFIX.get(pathlib.PurePath(name).suffix.lower())
    try:
        return Format(given)
    except ValueError as error:
        raise exceptions.InvalidReference(
            f'The reference to {name} has the format {reprlib.repr(given)}: only raw and qcow2 '
            f'are known.'
        ) from error
