# SPDX-License-Identifier: Apache-2.0
"""When a driver settles what services have left half done: at its start, and for a fallen peer.

Main class: :class:`RecoveringDriver`, from which a driver inherits that. How it is settled is left
to :mod:`driver.startup` and its like, whose it is to :mod:`driver.peers`.
"""

from __future__ import annotations

import functools

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


class RecoveringDriver(ManagingDriver, MigratingDriver):
    """A driver that settles what was interrupted, beside others of its cluster."""

    _backend: Backend
    _peers: Peers
    _startup: Startup
    _try_lock: settling.TryLock
    #: The ids of volumes that are for this service to settle, but could not be yet; no operation
    #: has begun on them here since.
    _waiting: set[str]

    def _set_up_recovering(self, backend: Backend, reverts: Reverts) -> None:
        self._waiting = set()
        self._peers = Peers(self.host, self.cluster_name, self._waiting)
        if self.cluster_name:
            volume_locks.warn_if_local()
        self._try_lock = functools.partial(volume_locks.try_lock, self.driver_prefix)
        mine = (self.host, self.cluster_name, self._try_lock)
        self._startup = Startup(backend, reverts, startup_rows, *mine)

    def _settle_at_start(self) -> None:
        fallen = self._peers.fallen()
        self._look(self._peers.is_ours)
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
            self._look(lambda volume_id: self._peers.worker(volume_id) in fallen)
            self._peers.settle(fallen)
        self._startup.sweep(self._look_again())

    def _look(self, ours: settling.Ours) -> None:
        """Settle what services have left half done.

        :param ours: tells of a volume whether its row's status is for this service to end
        """
        look = settling.Look(ours, self._try_lock)
        try:
            self._settle(look)
        finally:
            self._waiting.update(look.passed_over)
        if look.passed_over:
            LOG.warning('Could not be settled yet: volumes %s.', sorted(look.passed_over))

    def _look_again(self) -> frozenset[str]:
        """Settle what could not be before, and return which volumes that was tried with.

        Another service may have gone on with one, or be up again that was down.
        """
        tried = frozenset(self._waiting)
        if tried:
            look = settling.Look(
                lambda volume_id: volume_id in self._waiting and self._peers.is_ours(volume_id),
                self._try_lock,
                tried,
            )
            self._settle(look)
            self._waiting.difference_update(tried - look.passed_over)
        return tried

    def _settle(self, look: settling.Look) -> None:
        # First of all, for a volume may be another service's since.
        self._migrations.settle_all(self.cluster_name, look.own)
        self._startup.settle(look)
        backups.settle(self.host, self.cluster_name, look.own, self._backend.delete_volume)
        self._settle_managing(look)
