# SPDX-License-Identifier: Apache-2.0
"""How the files of a volume hang together by their headers, damaged ones too. Pure.

Main class: :class:`Links`. An operation of the driver goes by :mod:`driver.chain`, which refuses
what is damaged; here it is followed as far as it goes.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import re

from driver.check.survey import Survey
from driver.layout import Format

# os-brick and Nova name a mount point by the MD5 of the export.
_MOUNT_POINT = re.compile(r'[0-9a-f]{32}')


@dataclasses.dataclass(frozen=True)
class Link:
    """A backing file as a header names it.

    :ivar text: the name in the header
    :ivar target: the file of the volume that is meant, or None if it is none of them
    :ivar form: its format as recorded, None if that is neither raw nor qcow2
    :ivar recorded: the same as it stands in the header
    """

    text: str
    target: str | None
    form: Format | None
    recorded: str | None

    @property
    def bare(self) -> bool:
        """Whether the name is a plain one, as the driver writes it."""
        return self.text == self.target


@dataclasses.dataclass(frozen=True)
class Walk:
    """A chain from one file down as far as it can be followed.

    :ivar names: the files that are there, the first one on top
    :ivar whole: it ends at a file that needs no other
    """

    names: tuple[str, ...]
    whole: bool


@dataclasses.dataclass(frozen=True)
class Links:
    """The links between a volume's images."""

    survey: Survey

    @functools.cached_property
    def images(self) -> tuple[str, ...]:
        """The files that are images: all but those that only bear the name of an overlay."""
        return tuple(name for name in self.survey.images if self._is_image(name))

    @functools.cached_property
    def by_name(self) -> dict[str, Link]:
        """Image -> what it names as its backing file, for those that name one."""
        found = {
            name: link for name in self.images if name != self._base and (link := self._read(name))
        }
        # Only an overlay can tell that the base is qcow2: any guest can write such a header.
        forms = {link.form for link in found.values() if link.target == self._base}
        if forms == {Format.QCOW2} and self._base in self.images:
            link = self._read(self._base)
            if link is not None:
                found[self._base] = link
        return found

    @functools.cached_property
    def base_forms(self) -> frozenset[Format | None]:
        """The formats that overlays record for the base; none if there is no overlay on it."""
        links = self.by_name.values()
        return frozenset(link.form for link in links if link.target == self._base)

    @functools.cached_property
    def tops(self) -> tuple[str, ...]:
        """The images that none other is an overlay of."""
        below = {link.target for link in self.by_name.values()}
        return tuple(name for name in self.images if name not in below)

    def above(self, name: str) -> tuple[str, ...]:
        """Return the images whose backing file is ``name``."""
        return tuple(upper for upper, link in self.by_name.items() if link.target == name)

    def walk(self, top: str) -> Walk:
        """Follow the chain from a file down."""
        names: list[str] = []
        name: str | None = top
        while name is not None and name not in names and self.is_sound(name):
            names.append(name)
            if name not in self.by_name:
                return Walk(tuple(names), True)
            name = self.by_name[name].target
        return Walk(tuple(names), False)

    def is_sound(self, name: str) -> bool:
        """Tell whether a file is there and can be followed."""
        seen = self.survey.files.get(name)
        if seen is None or seen.what or seen.failure:
            return False
        return self.is_raw(name) or seen.header is not None

    def is_raw(self, name: str) -> bool:
        """Tell whether a file is taken for raw: the base, unless an overlay says otherwise."""
        return name == self._base and self.base_forms != {Format.QCOW2}

    def size(self, name: str) -> int:
        """Return the size of a sound image as a guest sees it, in bytes."""
        seen = self.survey.files[name]
        if self.is_raw(name) or seen.header is None:
            return seen.size
        return seen.header.virtual_size

    @property
    def _base(self) -> str:
        return self.survey.layout.volume

    def _is_image(self, name: str) -> bool:
        seen, record = self.survey.files[name], self.survey.record
        if name == self._base or seen.what or seen.failure:
            return True
        if record is not None and name in (record.active, *record.overlays.values()):
            return True
        return seen.size == 0 or (seen.look is not None and seen.look.magic == 'qcow2')

    def _read(self, name: str) -> Link | None:
        header = self.survey.files[name].header
        if header is None or header.backing_file is None:
            return None
        recorded = header.backing_format
        known = recorded in (Format.RAW.value, Format.QCOW2.value)
        return Link(
            text=header.backing_file,
            target=self._resolve(header.backing_file),
            form=Format(recorded) if known else None,
            recorded=recorded,
        )

    def _resolve(self, text: str) -> str | None:
        """Return which of the volume's files a name in a header means."""
        layout = self.survey.layout
        folder, name = os.path.split(os.path.normpath(text))
        if not layout.owns(name):
            return None
        if folder == '' or folder in self.survey.places:
            return name
        # The same export has the same name where it is mounted on another host.
        mount_point = os.path.basename(folder)
        known = (os.path.basename(place) for place in self.survey.places)
        same = _MOUNT_POINT.fullmatch(mount_point) and mount_point in known
        return name if same and os.path.isabs(folder) else None
