# SPDX-License-Identifier: Apache-2.0
"""The note of a migration under way, in a volume's admin metadata. Pure.

Main class: :class:`Migration`. What follows from one is left to :mod:`driver.migration`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from driver import exceptions
from driver.layout import Format

_PREFIX = 'nova_assist_migrate_'

#: The key with the service that migrates, by which it finds its notes again.
HOST = f'{_PREFIX}host'

_SOURCE = (f'{_PREFIX}from_share', f'{_PREFIX}from_name')
_TARGET = (f'{_PREFIX}to_share', f'{_PREFIX}to_name')
_FORMAT = f'{_PREFIX}to_format'
KEYS = (HOST, *_SOURCE, *_TARGET, _FORMAT)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a volume's files lie.

    :ivar share: the export
    :ivar name: of the base file
    """

    share: str
    name: str


@dataclasses.dataclass(frozen=True)
class Migration:
    """A migration that has begun and has not been seen to end.

    :ivar host: the service that migrates, such as ``node@nfs``
    :ivar format: of the copy at the target
    """

    host: str
    source: Place
    target: Place
    format: Format

    @classmethod
    def parse(cls, metadata: Mapping[str, str], volume_id: str) -> Migration | None:
        """Read the note in a volume's admin metadata, if there is one.

        :raises StateError: it can't be read
        """
        noted = {key: metadata[key] for key in KEYS if key in metadata}
        if not noted:
            return None
        try:
            source, target = (Place(*(noted[key] for key in keys)) for keys in (_SOURCE, _TARGET))
            return cls(noted[HOST], source, target, Format(noted[_FORMAT]))
        except (KeyError, ValueError) as error:
            raise exceptions.StateError(
                f'The admin metadata of volume {volume_id} has {noted} as a migration, which is '
                f'none. Nothing was changed. See which of the places it names hold the volume, '
                f'remove those keys, then repeat.'
            ) from error

    def note(self) -> dict[str, str]:
        """Return what the admin metadata keeps of it."""
        return {
            HOST: self.host,
            **dict(zip(_SOURCE, dataclasses.astuple(self.source), strict=True)),
            **dict(zip(_TARGET, dataclasses.astuple(self.target), strict=True)),
            _FORMAT: self.format.value,
        }
