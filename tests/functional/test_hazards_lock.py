# SPDX-License-Identifier: Apache-2.0
"""Operations at the same time: a volume's wait for its lock, and no other volume does."""

import pathlib
import tempfile
import unittest

import fasteners

from nova_assist import client
from nova_assist.cloud.cloud import Cloud
from nova_assist.compute.faults import Fault
from nova_assist.scenarios.embedded_api import EmbeddedApi
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


class OtherVolumesTest(unittest.TestCase):
    def test_snapshots_of_another_volume_are_done_while_nova_holds_one(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with Cloud(pathlib.Path(folder.name), driver=OURS) as cloud:
            api = EmbeddedApi(cloud.cinderclient(), cloud.novaclient(), cloud.compute.url)
            snapshots = api.cinder.volume_snapshots

            def reach(status, subject, wanted):
                found = client.poll(lambda: status(subject), lambda now: now == wanted, 60)
                self.assertEqual(wanted, found)

            def attached():
                server = api.nova.servers.create('s', image='', flavor='1', nics='none').id
                volume = api.cinder.volumes.create(1, volume_type='raw').id
                reach(api.server_status, server, 'ACTIVE')
                reach(api.volume_status, volume, 'available')
                api.nova.volumes.create_server_volume(server, volume)
                reach(api.volume_status, volume, 'in-use')
                return volume

            first, other = attached(), attached()
            api.set_fault(first, Fault.LATE_WORK.value, times=1)
            held = snapshots.create(first, force=True).id
            self.assertTrue(client.poll(lambda: api.fault(first).held, bool, 60))
            quick = snapshots.create(other, force=True).id
            reach(api.snapshot_status, quick, 'available')
            snapshots.delete(quick)
            reach(api.snapshot_status, quick, None)
            self.assertEqual('creating', api.snapshot_status(held))
            api.lift_fault(first)
            reach(api.snapshot_status, held, 'available')
