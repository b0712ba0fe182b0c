# SPDX-License-Identifier: Apache-2.0
"""An extension that Nova was asked for, or may have been: what is known of it, how it ended.

Main class: :class:`Extension`; main function: :func:`settle`. The note of it is kept in Cinder's
database, by :mod:`driver.extension_rows`; carrying one out is left to :mod:`driver.extending`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from oslo_log import log as logging

from driver import exceptions
from driver.chain import Image
from nova_assist import client

LOG = logging.getLogger(__name__)

_GIB = 1 << 30

# Keys in a volume's admin_metadata, with sizes in GiB.
_BEFORE = 'nova_assist_extend_from'
_AFTER = 'nova_assist_extend_to'
KEYS = (_BEFORE, _AFTER)


@dataclasses.dataclass(frozen=True)
class Extension:
    """An extension of which it isn't known that it has come true, or that it can't any more.

    :ivar before: the volume's size in bytes if it has not
    :ivar after: its size in bytes if it has
    """

    before: int
    after: int

    @classmethod
    def parse(cls, metadata: Mapping[str, str], size: int, volume_id: str) -> Extension | None:
        """Read the note in a volume's admin metadata, if there is one that still means anything.

        :param size: what the database has for the volume, in bytes; a larger one than the note has
            was given to it since, by a driver that knows no notes
        :raises StateError: it can't be read
        """
        if not any(key in metadata for key in KEYS):
            return None
        try:
            before, after = (int(metadata[key]) * _GIB for key in KEYS)
            if not 0 < before < after:
                raise ValueError
        except (KeyError, ValueError) as error:
            noted = {key: metadata.get(key) for key in KEYS}
            raise exceptions.StateError(
                f'The admin metadata of volume {volume_id} has {noted} as the sizes in GiB of an '
                f'extension, which is none. Nothing was changed. Compare the size of its active '
                f'file with its own, remove both keys, then repeat.'
            ) from error
        return cls(before, after) if size <= after else None

    def note(self) -> dict[str, str]:
        """Return what the admin metadata keeps of it."""
        return {_BEFORE: str(self.before // _GIB), _AFTER: str(self.after // _GIB)}


class Rows(Protocol):
    """What is asked of Cinder's database and of Nova; :mod:`driver.extension_rows` is one."""

    def begin(self, volume_id: str, extension: Extension) -> None:
        """Note an extension, then have Nova find the new size in Cinder's API."""

    def withdraw(self, volume_id: str, extension: Extension) -> None:
        """Have Nova find the old size again; the note stays."""

    def forget(self, volume_id: str, size: int) -> None:
        """Record a size in bytes, and drop the note."""

    def complete(self, volume_id: str, size: int) -> None:
        """Record a size in bytes that Cinder has given up, charge it, and drop the note."""

    def give_up(self, volume_id: str) -> bool:
        """Make a volume that is ``extending`` usable again; returns whether it was."""

    def events(self, context: Any, timeout: float) -> client.ExternalEvents:
        """Return Nova's API for events."""


def settle(
    rows: Rows, volume_id: str, extension: Extension, active: Image, *, attached: bool
) -> int:
    """Bring the database in line with what has become of an extension, as far as that is certain.

    A guest that has seen the new size may have written up to it, so the volume has that size then,
    whatever Cinder was told. While the volume is attached, an old size may yet change.

    :param active: the active file as it is now
    :return: the size of the volume in bytes
    """
    grown = active.virtual_size // _GIB * _GIB
    if grown > extension.before:
        size = min(grown, extension.after)
        rows.complete(volume_id, size)
        LOG.warning(
            'Volume %s: an extension that had failed or was interrupted has come true. The volume '
            'has %s GiB now, which are charged to its project.',
            volume_id,
            size // _GIB,
        )
        return size
    if not attached:
        rows.forget(volume_id, extension.before)
    else:
        rows.withdraw(volume_id, extension)
    return extension.before
