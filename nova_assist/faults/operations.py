# SPDX-License-Identifier: Apache-2.0
"""Which operations there are to die in, and what has to work after each.

Main object: :data:`OPERATIONS`, by name; main function: :func:`go_on`.
"""

from __future__ import annotations

from collections.abc import Mapping

from nova_assist.checks.model import Exactly
from nova_assist.faults.adoption_operations import ManageVolume, ManageVolumeWithSnapshots
from nova_assist.faults.backup_operations import (
    BackUp,
    BackUpOnline,
    BackUpSnapshot,
    Restore,
)
from nova_assist.faults.cache_operations import CacheImage
from nova_assist.faults.cluster_operations import (
    CreateSnapshotInCluster,
    DeleteSnapshotInCluster,
)
from nova_assist.faults.encryption_operations import (
    CloneEncryptedVolume,
    CreateEncryptedSnapshot,
    CreateEncryptedVolume,
    DeleteEncryptedSnapshot,
    EncryptedVolumeFromSnapshot,
    RevertEncryptedVolume,
)
from nova_assist.faults.image_operations import (
    ReimageVolume,
    UploadAttachedVolume,
    UploadVolume,
    VolumeFromImage,
)
from nova_assist.faults.operation import Operation
from nova_assist.faults.retype_operation import RetypeVolume
from nova_assist.faults.revert_operation import RevertVolume
from nova_assist.faults.snapshot_operations import (
    CommitWithoutGuest,
    CreateSnapshot,
    CreateSnapshotOnline,
    CreateSnapshotWithoutCompute,
    DeleteMiddle,
    DeleteMiddleOnline,
    DeleteNewest,
    DeleteNewestOnline,
    DeleteNewestWithoutCompute,
    DeleteOldest,
    DeleteOldestOnline,
    DeleteOldestWithoutCompute,
    DeleteOnly,
    DeleteOnlyOnline,
    DeleteOnlyWithoutCompute,
    OnVolume,
    PullWithoutGuest,
)
from nova_assist.faults.volume_operations import (
    CloneAttachedVolume,
    CloneVolume,
    CreateVolume,
    DeleteVolume,
    DeleteVolumeWithSnapshots,
    ExtendAttachedVolume,
    ExtendVolume,
    VolumeFromSnapshot,
)
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedVolume

_GIB = 1024**3


class Start(OnVolume):
    """Start the volume service itself."""

    at_start = True
    snapshots = ('s1',)

    def act(self) -> None:
        """Do nothing: it is the start that is interrupted."""

    def survey(self) -> None:
        """Find nothing: no operation was under way."""

    def repeat(self) -> None:
        """Do nothing."""

    def clear(self) -> None:
        """Do nothing."""


OPERATIONS: Mapping[str, type[Operation]] = {
    'create-offline': CreateSnapshot,
    'create-online': CreateSnapshotOnline,
    'delete-only-offline': DeleteOnly,
    'delete-oldest-offline': DeleteOldest,
    'delete-middle-offline': DeleteMiddle,
    'delete-newest-offline': DeleteNewest,
    'delete-only-online': DeleteOnlyOnline,
    'delete-oldest-online': DeleteOldestOnline,
    'delete-middle-online': DeleteMiddleOnline,
    'delete-newest-online': DeleteNewestOnline,
    'create-volume': CreateVolume,
    'volume-from-snapshot': VolumeFromSnapshot,
    'volume-from-image': VolumeFromImage,
    'cache-image': CacheImage,
    'reimage': ReimageVolume,
    'upload-detached': UploadVolume,
    'upload-attached': UploadAttachedVolume,
    'clone-detached': CloneVolume,
    'clone-attached': CloneAttachedVolume,
    'create-encrypted': CreateEncryptedVolume,
    'clone-encrypted': CloneEncryptedVolume,
    'create-encrypted-snapshot': CreateEncryptedSnapshot,
    'delete-encrypted-snapshot': DeleteEncryptedSnapshot,
    'volume-from-encrypted-snapshot': EncryptedVolumeFromSnapshot,
    'revert-encrypted': RevertEncryptedVolume,
    'delete-volume': DeleteVolume,
    'delete-cascade': DeleteVolumeWithSnapshots,
    'extend': ExtendVolume,
    'extend-attached': ExtendAttachedVolume,
    'backup-detached': BackUp,
    'backup-attached': BackUpOnline,
    'backup-snapshot': BackUpSnapshot,
    'restore': Restore,
    'revert': RevertVolume,
    'retype': RetypeVolume,
    'manage': ManageVolume,
    'manage-snapshots': ManageVolumeWithSnapshots,
    'start': Start,
    'compute-create-online': CreateSnapshotWithoutCompute,
    'compute-delete-only-online': DeleteOnlyWithoutCompute,
    'compute-delete-oldest-online': DeleteOldestWithoutCompute,
    'compute-delete-newest-online': DeleteNewestWithoutCompute,
    'qemu-commit': CommitWithoutGuest,
    'qemu-pull': PullWithoutGuest,
    'cluster-create': CreateSnapshotInCluster,
    'cluster-delete': DeleteSnapshotInCluster,
}


def go_on(stage: Stage, volume: TrackedVolume) -> None:
    """Do to a volume what can be done to any: take a snapshot, delete it, make a volume of it.

    :raises StepFailed: something is refused or fails
    """
    stage.volumes.snapshot(volume, 'other')
    if volume.writer is None:
        stage.volumes.write(volume)
    stage.volumes.delete_snapshot(volume, 'other')
    if volume.writer is None and isinstance(volume.data(), Exactly):
        clone = stage.volumes.clone_volume(volume, 'copy', volume.size // _GIB)
        stage.volumes.delete(clone)
