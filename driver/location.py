# SPDX-License-Identifier: Apache-2.0
"""What a backend tells others of the volumes it makes, so that they can be moved there. Pure.

Main class: :class:`Location`, which goes through Cinder's scheduler as ``location_info``, the
capability that drivers have for that. Moving is left to :mod:`driver.migration`.
"""

from __future__ import annotations

import dataclasses
import json

from driver.layout import Format

_KIND = 'nova-assist'


@dataclasses.dataclass(frozen=True)
class Location:
    """Where a backend makes volumes, and how.

    :ivar locks: what the names of its locks begin with, which has to be the same for both
    :ivar shares: the exports that it can make new volumes on
    :ivar format: of its volumes' files
    :ivar sparse: whether raw files take room only for what is written
    :ivar mode: permission bits of its files
    """

    locks: str
    shares: tuple[str, ...]
    format: Format
    sparse: bool
    mode: int

    def written(self) -> str:
        """Return the capability."""
        return json.dumps({'kind': _KIND, **dataclasses.asdict(self)})

    @classmethod
    def parse(cls, capability: object) -> Location | None:
        """Read another backend's capability; None if it isn't of this driver, or of its kind."""
        try:
            content = json.loads(str(capability))
            if content.pop('kind') != _KIND:
                return None
            content['shares'] = tuple(map(str, content['shares']))
            content['format'] = Format(content['format'])
            return cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
