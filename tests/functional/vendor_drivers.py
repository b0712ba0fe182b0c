# SPDX-License-Identifier: Apache-2.0
"""Drivers as vendors write them, without a storage: whole, and lacking one thing each.

None can be made: whoever compares classes is not to start a driver.
"""

import abc

from cinder import interface
from cinder.volume import driver
from oslo_config import cfg


@interface.volumedriver
class Whole(driver.VolumeDriver):
    """A driver that has what every driver has to have, and claims nothing."""

    VERSION = '1.0.0'
    CI_WIKI_NAME = 'Vendor_CI'

    def __init__(self, *args, **kwargs):
        raise AssertionError('a driver was started')

    @staticmethod
    def get_driver_options():
        return [cfg.StrOpt('vendor_pool', help='The pool that volumes are made in.')]

    def check_for_setup_error(self):
        pass

    def create_volume(self, volume):
        return {}

    def delete_volume(self, volume):
        return

    def extend_volume(self, volume, new_size):
        return

    def create_snapshot(self, snapshot):
        return {}

    def delete_snapshot(self, snapshot):
        return

    def create_volume_from_snapshot(self, volume, snapshot):
        return {}

    def create_cloned_volume(self, volume, src_vref):
        return {}

    def ensure_export(self, context, volume):
        return

    def create_export(self, context, volume, connector):
        return

    def remove_export(self, context, volume):
        return

    def initialize_connection(self, volume, connector, **kwargs):
        return {}

    def terminate_connection(self, volume, connector, **kwargs):
        return


@interface.volumedriver
class WithoutSnapshots(Whole):
    """Has Cinder's methods in place of those of its own."""

    create_snapshot = driver.VolumeDriver.create_snapshot

    def delete_snapshot(self, snapshot):
        raise NotImplementedError('snapshots are not deleted')


@interface.volumedriver
class WithoutDeletion(driver.BaseVD):
    """Has Cinder's abstract method, and lacks those that Cinder's base class has not at all."""

    VERSION = Whole.VERSION
    CI_WIKI_NAME = Whole.CI_WIKI_NAME
    get_driver_options = staticmethod(Whole.get_driver_options)
    check_for_setup_error = Whole.check_for_setup_error
    create_volume = Whole.create_volume
    extend_volume = Whole.extend_volume
    delete_snapshot = Whole.delete_snapshot
    create_volume_from_snapshot = Whole.create_volume_from_snapshot
    create_cloned_volume = Whole.create_cloned_volume
    ensure_export = Whole.ensure_export
    create_export = Whole.create_export
    remove_export = Whole.remove_export
    initialize_connection = Whole.initialize_connection
    terminate_connection = Whole.terminate_connection


@interface.volumedriver
class WithOtherParameters(Whole):
    """Can't be called as Cinder does; names alone do no harm."""

    def extend_volume(self, volume):
        return

    def terminate_connection(self, volume, connector):
        return

    def create_volume_from_snapshot(self, snapshot, volume):
        return {}

    def delete_volume(self, vol):
        return


@interface.volumedriver
class HalfManaging(Whole, driver.ManageableVD, driver.CloneableImageVD):
    """Claims to manage volumes, and lacks the size; claims to clone images, and does not."""

    def manage_existing(self, volume, existing_ref):
        return {}


@interface.volumedriver
class ReplicatingInCluster(Whole):
    """Fails over, and does not end it in a cluster; reports groups without having any."""

    SUPPORTS_ACTIVE_ACTIVE = True

    def failover_host(self, context, volumes, secondary_id=None):
        return secondary_id, [], []

    def _update_volume_stats(self):
        self._stats = {'replication_enabled': True, 'group_replication_enabled': True}


@interface.volumedriver
class Unfinished(Whole):
    """Can't be made, for what it asks of its heirs; has a value where Cinder reads one."""

    initialized = True

    @abc.abstractmethod
    def pool(self): ...


class OffTheList(Whole):
    VERSION = None
    SUPPORTED = False
