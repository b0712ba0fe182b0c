# SPDX-License-Identifier: Apache-2.0
"""Which volumes a share has, and which files belong to each, by their names alone.

Main class: :class:`Listing`. What is in the files is left to :mod:`driver.check.survey`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
import stat
from collections.abc import Iterable, Mapping

from driver import advice, exceptions
from driver.layout import TEMPORARY
from driver.probe import Owner

_UUID = r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'

# Cinder's volume_name_template is "volume-%s" unless an operator has changed it.
_VOLUME = re.compile(rf'volume-[0-9A-Za-z-]+|[0-9A-Za-z_-]*{_UUID}')

# What durable.keep makes.
_KEPT = re.compile(r'.+\.replaced-\d{8}T\d{6}Z(-\d+)?')


@dataclasses.dataclass(frozen=True)
class Listing:
    """The names in a share's folder.

    :ivar volumes: volume -> names of its files
    :ivar others: how many other names there are, hidden ones left out
    """

    volumes: Mapping[str, tuple[str, ...]]
    others: int


def is_temporary(name: str) -> bool:
    """Tell whether a name is one under which a file is prepared."""
    return name.endswith(TEMPORARY)


def is_kept(name: str) -> bool:
    """Tell whether a name is one under which a repair keeps what it has replaced."""
    return _KEPT.fullmatch(name) is not None


def volume_of(name: str) -> str | None:
    """Return the volume that a file belongs to by its name, if it is any volume's."""
    stem = name.split('.', 1)[0]
    return stem if _VOLUME.fullmatch(stem) else None


def part_of(name: str) -> str:
    """Return the volume that a file other than its base belongs to; empty if to none.

    Other than with :func:`volume_of`, nothing is taken for a volume but what Cinder names so.
    """
    stem, dot, _ = name.partition('.')
    return stem if dot and re.fullmatch(rf'.*{_UUID}', stem) else ''


def list_folder(folder: pathlib.Path) -> Listing:
    """List a share's folder.

    :raises ShareError: it can't be listed
    """
    volumes: dict[str, list[str]] = {}
    others = 0
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise exceptions.ShareError(
            f'Could not list {folder}: {error.strerror}. {advice.on_folder(folder, error)} '
            f'Then repeat.'
        ) from error
    for name in names:
        # Hidden: the driver's probe, Cinder's marker of secure mode, and what an NFS client makes
        # of a file that is removed while it is open.
        if name.startswith('.'):
            continue
        volume = volume_of(name)
        if volume is None:
            others += 1
        else:
            volumes.setdefault(volume, []).append(name)
    return Listing({volume: tuple(found) for volume, found in volumes.items()}, others)


def find(listing: Listing, word: str) -> str | None:
    """Return the volume that is meant by its id, its name or the name of one of its files."""
    stem = word.split('.', 1)[0]
    for volume in listing.volumes:
        if volume in (stem, f'volume-{stem}'):
            return volume
        if re.fullmatch(_UUID, stem) and volume.endswith(stem):
            return volume
    return None


def owners(folder: pathlib.Path, names: Iterable[str]) -> Iterable[Owner]:
    """Yield whose regular files are; what is gone meanwhile is left out."""
    for name in names:
        with contextlib.suppress(OSError):
            status = os.lstat(folder / name)
            if stat.S_ISREG(status.st_mode):
                yield Owner.of(status)
