# SPDX-License-Identifier: Apache-2.0
"""The two requests of Nova's ``os-assisted-volume-snapshots`` API as values.

Main classes: :class:`CreateRequest`, :class:`DeleteRequest`. The keys are those of Nova's schema
(``nova/api/openstack/compute/schemas/assisted_volume_snapshots.py``), which allows no other.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class CreateRequest:
    """Make the guest write to a new file from now on.

    :ivar new_file: name of the overlay that Cinder has made, relative to the share
    """

    volume_id: str
    snapshot_id: str
    new_file: str

    def create_info(self) -> dict[str, str]:
        """Return the ``create_info`` of the request."""
        return {'snapshot_id': self.snapshot_id, 'type': 'qcow2', 'new_file': self.new_file}


@dataclasses.dataclass(frozen=True)
class DeleteRequest:
    """Make the guest merge files, so that a snapshot is gone.

    With a ``merge_target_file``, ``file_to_merge`` is committed down into it. Without, all
    between the active file and ``file_to_merge`` is pulled into the active file; all that backs
    the active file where ``file_to_merge`` is None too.
    """

    volume_id: str
    snapshot_id: str
    file_to_merge: str | None
    merge_target_file: str | None

    def delete_info(self) -> dict[str, str | None]:
        """Return the ``delete_info`` of the request."""
        return {
            'volume_id': self.volume_id,
            'type': 'qcow2',
            'file_to_merge': self.file_to_merge,
            'merge_target_file': self.merge_target_file,
        }
