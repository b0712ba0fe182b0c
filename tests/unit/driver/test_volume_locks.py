# SPDX-License-Identifier: Apache-2.0
"""Locks whose service can't be reached for a while, and which of them hold on one host only."""

import unittest
from unittest import mock

import tooz
from cinder import coordination

from driver import volume_locks


class _Lock:
    """Stands for one of tooz's."""

    name = b'cinder-nfs-v'

    def __init__(self):
        self.held = False
        self.reachable = True

    def acquire(self, blocking=True):
        self.held = True
        return True

    def release(self):
        if not self.reachable:
            raise tooz.ToozError('out of reach')
        self.held = False


class _Coordinator:
    """Stands for tooz's: all names are of one lock."""

    def __init__(self):
        self.lock = _Lock()

    def get_lock(self, name):
        return self.lock


class UnreachableTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(
            mock.patch.object(coordination.COORDINATOR, 'coordinator', _Coordinator())
        )
        self.lock = coordination.COORDINATOR.coordinator.lock
        self.addCleanup(volume_locks.release_left)

    @volume_locks.synchronized('nfs-{volume}')
    def work(self, volume):
        return volume

    def test_lock_is_let_go_of_once_its_service_can_be_reached(self):
        self.lock.reachable = False
        self.assertEqual('v', self.work('v'))
        with self.assertRaises(tooz.ToozError):
            volume_locks.release_left()
        self.assertTrue(self.lock.held)
        self.lock.reachable = True
        with self.assertLogs('driver.volume_locks', 'WARNING'):
            volume_locks.release_left()
        self.assertFalse(self.lock.held)

    def test_nothing_is_left_of_a_lock_that_was_let_go_of(self):
        self.work('v')
        self.lock.held = True
        volume_locks.release_left()
        self.assertTrue(self.lock.held)


class ReachTest(unittest.TestCase):
    def warns(self, url):
        self.addCleanup(coordination.CONF.clear_override, 'backend_url', 'coordination')
        coordination.CONF.set_override('backend_url', url, 'coordination')
        with self.assertLogs('driver.volume_locks') as logged:
            volume_locks.LOG.info('so that there is something')
            volume_locks.warn_if_local()
        return len(logged.output) > 1

    def test_locks_in_files_may_not_reach_other_hosts(self):
        self.assertTrue(self.warns('file:///var/lib/cinder'))

    def test_locks_of_a_service_do(self):
        for url in ('etcd3+http://etcd:2379', 'zookeeper://zk', 'redis://r:6379'):
            self.assertFalse(self.warns(url), url)
