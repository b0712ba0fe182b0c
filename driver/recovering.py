# SPDX-License-Identifier: Apache-2.0
"""When a driver settles what services have left half done: at its start, and for a fallen peer.

Main class: :class:`RecoveringDriver`, from which a driver inherits that. How it is settled is left
to :mod:`driver.startup` and its like, whose it is to :mod:`driver.peers`.
"""

from __future__ import annotations

import functools
import time

import tooz
from oslo_log import log as logging

from driver import backups, settling, startup_rows, volume_locks
from driver.backend import Backend
from driver.managing import ManagingDriver
from driver.migrating import MigratingDriver
from driver.peers import Peers
from driver.revert import Reverts
from driver.startup import Startup

LOG = logging.getLogger(__name__)

# Seconds between two looks at the start, each of which logs what is in its way.
_PAUSE = 2.0


class RecoveringDriver(ManagingDriver, MigratingDriver):
    """A driver that settles what was interrupted, beside others of its cluster."""

    _backend: Backend
    _peers: Peers
    _startup: Startup
    _try_lock: settling.TryLock

    def _set_up_recovering(self, backend: Backend, reverts: Reverts) -> None:
        self._peers = Peers(self.host, self.cluster_name)
        if self.cluster_name:
            volume_locks.warn_if_local()
        self._try_lock = functools.partial(volume_locks.try_lock, self.driver_prefix)
        mine = (self.host, self.cluster_name, self._try_lock)
        self._startup = Startup(backend, reverts, startup_rows, *mine)

    def _settle_at_start(self) -> None:
        """Settle what services have left.

        Nobody but the dead may hold what is this service's own to settle. Later on nothing would
        tell what they have left from what this service is at work on, so their locks are waited
        for.
        """
        fallen = self._peers.fallen()
        deadline = time.monotonic() + volume_locks.longest_lease()
        while waiting := self._settle(self._peers.is_ours):
            if time.monotonic() > deadline:
                LOG.warning('Could not be settled: volumes %s. Others use them.', waiting)
                break
            LOG.info('Waiting until volumes %s can be settled.', waiting)
            time.sleep(_PAUSE)
        self._peers.settle(fallen)

    def _settle_since(self) -> None:
        """Settle what has come to be left since the start, locks included.

        What a service did for a guest before it went down can't wait for long: until somebody sees
        to a volume that Nova has finished with, the guest's next start is with the wrong file.
        """
        try:
            volume_locks.release_left()
        except tooz.ToozError as error:
            LOG.error('Some locks can still not be let go of: %s', error)
        if fallen := self._peers.fallen():
            LOG.warning('Cinder takes %s for down: settling what they have left.', sorted(fallen))
            if not self._settle(lambda volume_id: self._peers.worker(volume_id) in fallen):
                self._peers.settle(fallen)
        self._startup.sweep()

    def _settle(self, ours: settling.Ours) -> list[str]:
        """Settle what services have left half done.

        :param ours: tells of a volume whether its row's status is for this service to end
        :return: the ids of volumes that are, but could not be settled yet
        """
        look = settling.Look(ours, self._try_lock)
        # First of all, for a volume may be another service's since.
        self._migrations.settle_all(self.cluster_name, look.own)
        self._startup.settle(look)
        backups.settle(self.host, self.cluster_name, look.own, self._backend.delete_volume)
        self._settle_managing(look)
        return sorted(look.passed_over)
