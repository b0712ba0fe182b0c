# SPDX-License-Identifier: Apache-2.0
"""What every driver with volumes on shares has: entry points, the lock per volume, delegation.

Main class: :class:`SnapshotDriver`, from which :class:`driver.nfs.NfsDriver` is derived, and any
vendor's driver can be. What the calls do is left to :mod:`driver.backend` and its like.
"""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Mapping
from typing import Any

from cinder.volume.drivers import remotefs as cinder_remotefs
from oslo_config import cfg
from oslo_utils import units

from driver import (
    access,
    auto,
    backups,
    capabilities,
    database,
    encryption,
    exceptions,
    extension_rows,
    options,
    recovering,
    refusals,
    revert_rows,
    share_rows,
    shares,
    transferring,
    volume_locks,
)
from driver.backend import Backend, Target
from driver.copying import Copies
from driver.extending import Extending
from driver.image_transfer import ImageTransfer
from driver.opening import Opener
from driver.peers import announced
from driver.placing import Placing
from driver.restoring import Restorations
from driver.revert import Reverts
from driver.room import Limits
from driver.shares import Shares
from driver.snapshots import Snapshots


class SnapshotDriver(
    recovering.RecoveringDriver,
    transferring.TransferringDriver,
    cinder_remotefs.RemoteFSDriver,  # type: ignore[misc]
):
    """Volumes that are files on mounted shares, with snapshots, offline and through Nova.

    A driver derives from this class, is decorated with ``cinder.interface.volumedriver``, and says

    * its names, which are the attributes ``driver_volume_type`` (what Nova and os-brick mount by,
      such as ``nfs``), ``driver_prefix`` (what its options and locks begin with),
      ``volume_backend_name``, ``vendor_name`` and ``CI_WIKI_NAME``;
    * which shares there are: :meth:`list_shares`;
    * how one is mounted on this host: :meth:`share_client`;
    * if it has options of its own, which: :meth:`get_driver_options`.

    A share has to be a folder of a POSIX file system whose renames are atomic and whose record
    locks hold on all hosts; each is tried out before it is used, see :mod:`driver.verdict`.

    Every operation on a volume holds the lock ``<driver_prefix>-<volume id>``.

    :ivar settings: the parsed options, from the beginning of :meth:`do_setup` on
    """

    VERSION = '0.1.0'

    #: What Cinder lets several services of one cluster have the driver do, see
    #: :mod:`driver.peers`.
    SUPPORTS_ACTIVE_ACTIVE = True

    settings: options.Settings

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(self.get_driver_options())
        self._new_install = bool(kwargs.get('is_vol_db_empty'))
        self._maker: access.FileMaker
        self._mounted: Shares
        self._placing: Placing
        self._backend: Backend
        self._snapshots: Snapshots
        self._extending: Extending
        self._copies: Copies
        self._images: ImageTransfer
        self._reverts: Reverts

    @classmethod
    def get_driver_options(cls) -> list[cfg.Opt]:
        """Return the options that the driver reads from its backend section.

        They are those of the NFS driver under the driver's own prefix; a driver that needs more
        returns them with these.
        """
        return options.named(cls.driver_prefix)

    @abc.abstractmethod
    def list_shares(self) -> Mapping[str, str | None]:
        """Return the shares that there should be, each with the flags that it is mounted with.

        It is asked for them at the start and whenever Cinder asks for capacities. A volume keeps
        the name of its share, which Nova mounts, for all of its life.

        :raises ConfigurationError: there is none
        """

    @abc.abstractmethod
    def share_client(self) -> shares.ShareClient:
        """Return what mounts shares on this host, called once :attr:`settings` are there."""

    def do_setup(self, context: Any) -> None:
        """Parse the options, mount the shares, try them out, settle what was interrupted.

        :raises DriverError: what can't work, and what to change
        """
        self.settings = options.parse(self.configuration, self.driver_prefix)
        self._mounted = Shares(self.settings, self.share_client(), self.list_shares)
        self._mounted.mount()
        first = self._mounted.folder(self._mounted.mounted()[0])
        self._maker = auto.file_maker(self.settings, first, self._new_install)
        self._mounted.admit(self._maker)
        opener = Opener(self.settings, self._mounted, self._maker, database, extension_rows)
        self._backend = Backend(opener, Restorations(opener, backups))
        self._snapshots = Snapshots(opener)
        self._placing = Placing(self._mounted, share_rows, Limits.of(self.settings))
        self._extending = Extending(opener, self._placing)
        self._copies = Copies(self._backend, self._snapshots)
        self._images = ImageTransfer(opener, self._snapshots)
        self._reverts = Reverts(opener, revert_rows)
        self._set_up_recovering(self._backend, self._reverts)
        self._set_up_migrating(opener, self._placing)
        self._set_up_managing(opener)
        self._settle_at_start()

    def secure_file_operations_enabled(self) -> bool:
        """Tell Cinder that files are worked on as the service's own user, never as root."""
        return True

    def _ensure_share_mounted(self, share: str) -> None:
        self._mounted.folder(share)

    def _get_mount_point_for_share(self, share: str) -> str:
        return str(self._mounted.folder(share))

    def _get_mount_point_base(self) -> str:
        return str(self.settings.mount_base)

    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def create_volume(self, volume: Any) -> dict[str, str]:
        """Make an empty volume; returns its ``provider_location``."""
        wanted = encryption.of_volume(volume)
        target = self._place(volume)
        self._backend.create_volume(target, wanted)
        return {'provider_location': target.share}

    @volume_locks.synchronized(
        '{self.driver_prefix}-{volume.id}', '{self.driver_prefix}-{snapshot.volume_id}'
    )
    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> dict[str, str]:
        """Make a volume with a snapshot's data; returns its ``provider_location``.

        The source's lock is held too: a deletion must not merge what is being copied.
        """
        target = self._place(volume)
        source = database.volume_state(snapshot.volume_id)
        self._backend.create_from_snapshot(target, source, snapshot.id)
        return {'provider_location': target.share}

    def _place(self, volume: Any) -> Target:
        """Choose the share of a new volume."""
        refusals.refuse_special(volume)
        size = volume.size * units.Gi
        with volume_locks.placing(self.driver_prefix, self.cluster_name or self.host):
            # Known to Cinder from now on, so that its room is taken, and so that a volume that
            # fails can be deleted with its file, even if this service dies before it returns.
            volume.provider_location = self._placing.choose(size, volume.id)
            volume.save()
        encrypted = volume.encryption_key_id is not None
        return Target(volume.id, volume.provider_location, volume.name, size, encrypted=encrypted)

    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def delete_volume(self, volume: Any) -> None:
        """Remove a volume without snapshots; what could not be managed is left on its share."""
        if not self._was_given_back(volume):
            self._backend.delete_volume(volume.provider_location, volume.name)

    @announced
    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Grow a volume to ``new_size`` GiB, through Nova where a guest has it open."""
        state = database.volume_state(volume.id)
        self._extending.extend(state, new_size * units.Gi, volume.obj_context)

    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def initialize_connection(self, volume: Any, connector: Any) -> dict[str, Any]:
        """Return how to attach a volume: export, active file, its format.

        The lock keeps a guest from opening a file that a snapshot under way is about to freeze.
        """
        return {
            'driver_volume_type': self.driver_volume_type,
            'data': self._backend.connection(database.volume_state(volume.id)),
            'mount_point_base': self._get_mount_point_base(),
        }

    def terminate_connection(self, volume: Any, connector: Any, **kwargs: Any) -> None:
        """Take in what was restored, if anything was; a share stays mounted.

        Without the lock where there is nothing to do: what holds it may wait for a detachment.
        """
        attached = database.is_attached(volume)
        if self._backend.restorations.is_awaited(volume.id, volume.status, attached):
            self._end_restoration(volume)

    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def _end_restoration(self, volume: Any) -> None:
        self._backend.restorations.end(database.volume_state(volume.id))

    @volume_locks.synchronized('{self.driver_prefix}-{snapshot.volume_id}')
    def create_snapshot(self, snapshot: Any) -> None:
        """Take a snapshot, through Nova where the volume is attached."""
        state = database.volume_state(snapshot.volume_id)
        self._snapshots.create(state, snapshot.id, snapshot.obj_context)

    @volume_locks.synchronized('{self.driver_prefix}-{snapshot.volume_id}')
    def delete_snapshot(self, snapshot: Any) -> None:
        """Delete a snapshot, through Nova where the volume is attached."""
        state = database.volume_state(snapshot.volume_id)
        self._snapshots.delete(state, snapshot.id, snapshot.obj_context)

    @volume_locks.synchronized(
        '{self.driver_prefix}-{volume.id}', '{self.driver_prefix}-{src_vref.id}'
    )
    def create_cloned_volume(self, volume: Any, src_vref: Any) -> dict[str, str]:
        """Make a volume with another one's data; returns its ``provider_location``.

        A detached source is copied as it is; of an attached one, a temporary snapshot is.
        """
        target = self._place(volume)
        source = database.volume_state(src_vref.id)
        self._copies.of_volume(target, source, volume.obj_context)
        return {'provider_location': target.share}

    def snapshot_revert_use_temp_snapshot(self) -> bool:
        """Tell Cinder not to take a snapshot before it asks for a revert.

        A revert that fails leaves the data as it was; and with a newer snapshot none would do.
        """
        return False

    @announced
    @volume_locks.synchronized('{self.driver_prefix}-{volume.id}')
    def revert_to_snapshot(self, context: Any, volume: Any, snapshot: Any) -> None:
        """Give a detached volume the data of its newest snapshot again."""
        self._reverts.revert(volume.id, snapshot.id)

    def _update_volume_stats(self) -> None:
        with contextlib.suppress(exceptions.ShareError):  # logged; there is no room then
            self._mounted.mount()
            self._mounted.admit(self._maker)
        self._settle_since()
        self._stats = {
            'volume_backend_name': self.configuration.safe_get('volume_backend_name')
            or self.volume_backend_name,
            'vendor_name': self.vendor_name,
            'driver_version': self.VERSION,
            'storage_protocol': self.driver_volume_type,
            'filter_function': self.get_filter_function(),
            'goodness_function': self.get_goodness_function(),
            'location_info': self._location().written(),
            **capabilities.report(self._placing.rooms().values(), self._placing.limits),
        }
