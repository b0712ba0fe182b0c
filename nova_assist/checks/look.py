# SPDX-License-Identifier: Apache-2.0
"""One look at the files of a volume, shared by the judges so that each file is read once.

Main class: :class:`Look`.
"""

from __future__ import annotations

import functools
import itertools
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.checks import errors, images, record, scene


class Look:
    """What the share says about one volume at one moment."""

    def __init__(self, share: Path, volume: scene.Volume, account: Account | None = None) -> None:
        """Look at ``volume``'s files in the folder ``share``, at first use, as ``account``."""
        self.share = share
        self.volume = volume
        self.account = account

    @functools.cached_property
    def record(self) -> record.Record:
        """The volume's record.

        :raises errors.RecordDamaged: if there is a file that isn't one
        """
        return record.read(self.share, self.volume.file)

    @functools.cached_property
    def active_format(self) -> str:
        """The format to open the active file with, never a guess.

        An overlay is qcow2, the volume's own file is what the volume was made as.
        """
        return self.volume.format if self.record.active == self.volume.file else 'qcow2'

    @functools.cached_property
    def chain(self) -> tuple[images.ImageFile, ...]:
        """The chain under the active file that the record names, active file first.

        :raises errors.CheckError: if record or chain can't be read
        """
        return images.backing_chain(
            self.share, self.record.active, self.active_format, self.account
        )

    def snapshot_file(self, snapshot: scene.Snapshot) -> images.ImageFile:
        """Return the file that holds the data of ``snapshot``: what backs its overlay.

        :raises errors.CheckError: if record and chain don't tell
        """
        overlay = self.record.overlays.get(snapshot.id)
        if overlay is None:
            raise errors.CheckError(f'the record of {self.volume} has no overlay for {snapshot}')
        for upper, lower in itertools.pairwise(self.chain):
            if upper.name == overlay:
                return lower
        message = f'{overlay}, which the record names for {snapshot}, is backed by nothing'
        raise errors.CheckError(f'{message} in the chain of {self.record.active}')
