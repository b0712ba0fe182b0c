# SPDX-License-Identifier: Apache-2.0
"""A hazard of Cinder's NFS driver in operations at the same time: it works without its lock."""

import pathlib
import tempfile
import unittest

import fasteners

from nova_assist import client
from nova_assist.cloud.cloud import Cloud
from tests.judged import IN_TREE, OURS

_GIB = 1 << 30


class LockTest(unittest.TestCase):
    """Whether a volume is extended while somebody else works on it, and holds its lock."""

    def size_while_locked(self, driver):
        """Extend a locked volume; returns its size in GiB while it is locked, and afterwards."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with Cloud(pathlib.Path(folder.name), driver=driver) as cloud:
            volumes = cloud.cinderclient().volumes

            def status():
                return volumes.get(volume.id).status

            volume = volumes.create(1, volume_type='raw')
            self.assertEqual('available', client.poll(status, lambda now: now == 'available', 40))
            state = cloud.folder / 'cinder' / 'state' / 'coordination'
            file = cloud.shares['raw'].path / f'volume-{volume.id}'
            lock = fasteners.InterProcessLock(state / f'cinder-nfs-{volume.id}')
            with lock:
                volumes.extend(volume.id, 2)
                # Who does not wait has done it by then; who waits has only begun to.
                client.poll(status, lambda now: now != 'extending', 5)
                locked = file.stat().st_size // _GIB
            self.assertEqual('available', client.poll(status, lambda now: now == 'available', 40))
            return locked, file.stat().st_size // _GIB

    def test_volume_is_extended_while_it_is_locked(self):
        self.assertEqual((2, 2), self.size_while_locked(IN_TREE))
        self.assertEqual((1, 2), self.size_while_locked(OURS))
