# SPDX-License-Identifier: Apache-2.0
"""Lists what Cinder can manage on the shares of a backend, and why it can't manage the rest.

Main class: :class:`Manageable`. Nothing is changed, no lock held and nothing kept from being
listed by what is wrong with something else. Managing is left to :mod:`driver.adopting`.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterator, Mapping

from driver import advice, chain, exceptions, listing, reading, records, references
from driver.candidates import Candidates, rounded
from driver.database import VolumeState
from driver.opening import active_format

#: What Cinder's API shows of one thing (``get_manageable_volumes`` in ``volume/driver.py``).
Entry = dict[str, object]


@dataclasses.dataclass(frozen=True)
class Manageable:
    """What is on one backend's shares."""

    candidates: Candidates

    def volumes(self) -> list[Entry]:
        """Return an entry for each volume and each file that might become one."""
        shares = self.candidates.opener.mounted.admitted()
        return [self._volume(share, name) for share in shares for name in self._names(share)]

    def _names(self, share: str) -> list[str]:
        """Return the names of what a share has: of a volume with parts that of its base."""
        folder = self.candidates.opener.mounted.folder(share)
        try:
            with os.scandir(folder) as found:
                names = {each.name for each in found if not each.is_dir(follow_symlinks=False)}
        except OSError as error:
            raise exceptions.ShareError(
                f'Could not list {folder}: {error.strerror}. {advice.on_folder(folder, error)}'
            ) from error
        whole = {listing.part_of(name) or name for name in names}
        return sorted(name for name in whole if not _is_ours(name))

    def _volume(self, share: str, name: str) -> Entry:
        reference = {'source-name': f'{share.rstrip("/")}/{_shown(name)}'}
        try:
            if fault := references.refusal(name):
                return _entry(reference, fault=f'it {fault}')
            owned = self.candidates.rows.owned(name)
            if owned is not None:
                return _entry(reference, owned.gib, 'it is managed already', owned.volume_id)
            parsed = references.parse({'source-name': name}, ())
            found = self.candidates.at(share, parsed)
            return _entry(reference, found.gib)
        except exceptions.DriverError as error:
            return _entry(reference, fault=str(error))

    def snapshots(self, states: Collection[VolumeState], known: Mapping[str, int]) -> list[Entry]:
        """Return an entry for each snapshot that the records of a backend's volumes have.

        :param states: the volumes
        :param known: the snapshots that Cinder has, and their sizes in GiB
        """
        return [entry for state in states for entry in self._snapshots(state, known)]

    def _snapshots(self, state: VolumeState, known: Mapping[str, int]) -> Iterator[Entry]:
        opener = self.candidates.opener
        try:
            layout = opener.layout(state.share, state.name)
            record = records.load(layout)
        except exceptions.DriverError:
            return  # a record that can't be read names no snapshot
        source = {'source-name': f'{state.share.rstrip("/")}/{state.name}'}
        for key in sorted(record.overlays):
            reference = {'source-name': key}
            if key in known:
                entry = _entry(reference, known[key], 'it is managed already', key)
            else:
                try:
                    found = reading.read_chain(
                        layout, record.active, active_format(layout, record, state), state.largest
                    )
                    chain.check(layout, record, found)
                    image = chain.snapshot_image(record, found, key)
                    entry = _entry(reference, rounded(image.virtual_size))
                except exceptions.DriverError as error:
                    entry = _entry(reference, fault=str(error))
            yield {**entry, 'source_reference': source}


def _entry(
    reference: Mapping[str, str], gib: int = 0, fault: str | None = None, ident: str | None = None
) -> Entry:
    """Return what is listed of one thing; a size that is not known is 0, for others sort by it."""
    return {
        'reference': dict(reference),
        'size': gib,
        'safe_to_manage': fault is None,
        'reason_not_safe': fault,
        'cinder_id': ident,
        'extra_info': None,
    }


def _is_ours(name: str) -> bool:
    """Tell whether a name is one of those that drivers and NFS clients use beside volumes."""
    return name.startswith('.') or listing.is_temporary(name)


def _shown(name: str) -> str:
    """Return a name as text that every program can pass on."""
    return name if name.isprintable() else name.encode('unicode_escape').decode('ascii')
