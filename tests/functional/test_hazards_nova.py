# SPDX-License-Identifier: Apache-2.0
"""Hazards of Cinder's NFS driver when Nova misbehaves: it falls for them, ours doesn't.

Both drivers are led into each by the same requests, in a cloud of their own. The other hazards
are in ``tests/functional/test_hazards.py`` and ``tests/lab/test_hazards.py``.
"""

import json
import pathlib
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from keystoneauth1 import exceptions as session_errors

from nova_assist import client
from nova_assist.cloud.cloud import Cloud
from nova_assist.compute.faults import Fault
from nova_assist.scenarios.embedded_api import EmbeddedApi
from nova_assist.scenarios.logs import ServiceLog
from tests.judged import IN_TREE, OURS

IMAGE = '00000000-0000-0000-0000-000000000001'
#: Seconds for what has to happen, and in which it is seen that something doesn't.
PATIENCE = 40
LONG = 5
OPTIONS = {
    OURS: {'nfs_assisted_create_timeout': '4', 'nfs_assisted_delete_timeout': '4'},
    # It has no such options: its limits are 600 and 7200 seconds.
    IN_TREE: {},
}


class World:
    """A cloud with a driver, and one attached volume after the other."""

    def __init__(self, driver, folder):
        self.cloud = Cloud(pathlib.Path(folder), driver=driver, options=OPTIONS[driver])
        self.cloud.start()
        self.cinder = self.cloud.cinderclient()
        self.nova = self.cloud.novaclient()
        self.api = EmbeddedApi(self.cinder, self.nova, self.cloud.compute.url)
        self.share = self.cloud.shares['raw'].path

    def attach(self):
        """Make a volume, and have a guest use it."""
        self.server = self.nova.servers.create('guest', image=IMAGE, flavor='1', nics='none')
        self.await_server('ACTIVE')
        self.volume = self.cinder.volumes.create(1, volume_type='raw')
        self.await_volume('available')
        self.nova.volumes.create_server_volume(self.server.id, self.volume.id)
        self.await_volume('in-use')

    def await_server(self, wanted):
        self._await(lambda: self.api.server_status(self.server.id), wanted)

    def await_volume(self, wanted):
        self._await(lambda: self.api.volume_status(self.volume.id), wanted)

    def end(self, snapshot, pending):
        """Return the status that a snapshot comes to, None once it is gone."""
        return client.poll(
            lambda: self.api.snapshot_status(snapshot.id), lambda seen: seen != pending, PATIENCE
        )

    def delete(self, snapshot):
        """Delete a snapshot, and return the status that it comes to."""
        self.cinder.volume_snapshots.delete(snapshot)
        return self.end(snapshot, 'deleting')

    def fail_to_delete(self, snapshot):
        """See a deletion fail, and declare the snapshot to be available again."""
        log = ServiceLog('Cinder', self.cloud.cinder.log)
        log.mark()
        self.delete(snapshot)
        # Nova has set the status; the driver has ended once the log tells of it.
        if not client.poll(lambda: log.errors(snapshot.id), bool, PATIENCE):
            raise AssertionError(f'{self.cloud.driver} has logged no error')
        self.cinder.volume_snapshots.reset_state(snapshot, 'available')

    def write(self):
        """Have the guest write to its disk."""
        source = self.api.disks(self.server.id, self.share)[self.volume.id].source
        command = ['qemu-io', '-f', source.format, '-c', 'write -P 1 0 1M', source.location]
        subprocess.run(command, check=True, capture_output=True)

    def _await(self, look, wanted):
        found = client.poll(look, lambda seen: seen == wanted, PATIENCE)
        if found != wanted:
            raise AssertionError(f'{self.cloud.driver}: {found}, expected {wanted}')

    def request(self):
        return self.cinder.volume_snapshots.create(self.volume.id, force=True)

    def snapshot(self):
        snapshot = self.request()
        found = self.end(snapshot, 'creating')
        if found != 'available':
            raise AssertionError(f'{self.cloud.driver}: {found}, expected available')
        return snapshot

    def fault(self, fault):
        self.api.set_fault(self.volume.id, fault.value, 1)

    def await_met(self):
        """Wait until a request has reached Nova."""
        met = client.poll(lambda: self.api.fault(self.volume.id).met, bool, PATIENCE)
        if not met:
            raise AssertionError(f'{self.cloud.driver} has asked nothing of Nova')

    def forge(self, snapshot, **said):
        """Do what Nova does at its end: Cinder's policy lets any member of the project do it."""
        member = self.cloud.cinderclient(user='member')
        member.volume_snapshots.update_snapshot_status(snapshot, said)

    def path(self, snapshot=None):
        name = f'volume-{self.volume.id}'
        return self.share / (name if snapshot is None else f'{name}.{snapshot.id}')

    def used(self):
        """Return the name of the file that the guest writes to."""
        return self.api.disks(self.server.id, self.share)[self.volume.id].chain[0]

    def needed(self, snapshot):
        """Return the file that an overlay's header names, and whether it is there."""
        command = ['qemu-img', 'info', '-U', '--output=json', str(self.path(snapshot))]
        info = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        backing = self.share / info['backing-filename']
        return backing, backing.exists()

    def goes_on(self):
        """Tell whether the next operation on the volume goes through, so that it isn't locked."""
        session = self.cinder.client.session
        session.timeout = LONG  # the control may not answer at all
        try:
            again = self.request()
            look = client.poll(
                lambda: self.api.snapshot_status(again.id), lambda seen: seen != 'creating', LONG
            )
        except session_errors.ClientException:  # nobody answers
            return False
        finally:
            session.timeout = PATIENCE
        return look == 'available'


class HazardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.control, cls.ours = cls.together(cls.start, IN_TREE, OURS)

    @classmethod
    def start(cls, driver):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        world = World(driver, folder.name)
        cls.addClassCleanup(world.cloud.stop)
        return world

    @staticmethod
    def together(play, control, ours):
        with ThreadPoolExecutor() as pool:
            return tuple(pool.map(play, (control, ours)))

    def both(self, play):
        """Do the same with both drivers, and return what is seen of each, the control's first."""

        def attach_and_play(world):
            world.attach()
            return play(world)

        return self.together(attach_and_play, self.control, self.ours)

    def test_h1_progress_of_a_failed_deletion_is_taken_for_the_end_of_the_next(self):
        def retry(world):
            snapshot = world.snapshot()
            world.fault(Fault.ERROR)
            world.fail_to_delete(snapshot)
            world.fault(Fault.SILENT)
            return world.delete(snapshot), world.needed(snapshot), snapshot

        (ended, needed, _), (our_end, our_needed, snapshot) = self.both(retry)
        # It is removed though the guest's file still needs it: for a merge that never was.
        self.assertEqual((None, (self.control.path(), False)), (ended, needed))
        self.assertEqual(('error_deleting', (self.ours.path(), True)), (our_end, our_needed))
        self.assert_deletable(self.ours, snapshot)

    def test_h2_block_job_that_failed_is_taken_for_done(self):
        def merge(world):
            world.write()
            snapshot = world.snapshot()
            world.fault(Fault.ENOSPC)
            return world.delete(snapshot), world.needed(snapshot), snapshot

        (ended, needed, _), (our_end, our_needed, snapshot) = self.both(merge)
        self.assertEqual((None, (self.control.path(), False)), (ended, needed))
        self.assertEqual(('error_deleting', (self.ours.path(), True)), (our_end, our_needed))
        self.assert_deletable(self.ours, snapshot)

    def test_h3_call_back_of_anybody_is_taken_for_novas(self):
        def forge(world):
            world.fault(Fault.SILENT)
            snapshot = world.request()
            world.await_met()
            world.forge(snapshot, status='creating', progress='90%')
            return world.end(snapshot, 'creating'), world.path(snapshot).exists(), world.used()

        found, ours = self.both(forge)
        # What is said to be frozen is what the guest still writes to.
        self.assertEqual(('available', True, self.control.path().name), found)
        self.assertEqual(('error', False, self.ours.path().name), ours)
        self.assertTrue(self.ours.goes_on())

    def test_h3_call_back_of_anybody_has_a_file_removed(self):
        def forge(world):
            snapshot = world.snapshot()
            world.fault(Fault.SILENT)
            world.cinder.volume_snapshots.delete(snapshot)
            world.await_met()
            world.forge(snapshot, status='deleting', progress='90%')
            return world.end(snapshot, 'deleting'), world.needed(snapshot), snapshot

        (ended, needed, _), (our_end, our_needed, snapshot) = self.both(forge)
        self.assertEqual((None, (self.control.path(), False)), (ended, needed))
        self.assertEqual(('error_deleting', (self.ours.path(), True)), (our_end, our_needed))
        self.assert_deletable(self.ours, snapshot)

    def test_h4_snapshot_said_to_be_available_is_waited_for_without_end(self):
        def forge(world):
            world.fault(Fault.SILENT)
            snapshot = world.request()
            world.await_met()
            world.forge(snapshot, status='available')
            return world.goes_on()

        # Its loop doesn't even sleep, so that all of its Cinder stands still.
        self.addCleanup(self.restart, self.control)
        self.assertEqual((False, True), self.both(forge))

    def test_h6_overlay_of_a_failed_snapshot_stays_for_good(self):
        def fail(world):
            world.fault(Fault.ANSWERS_400)
            snapshot = world.request()
            ended = world.end(snapshot, 'creating')
            return ended, world.delete(snapshot), world.path(snapshot).exists()

        found, ours = self.both(fail)
        self.assertEqual(('error', None, True), found)
        self.assertEqual(('error', None, False), ours)

    def test_h9_instance_that_is_gone_is_waited_for(self):
        def lose(world):
            world.fault(Fault.LATE_WORK)
            snapshot = world.request()
            world.await_met()
            world.nova.servers.delete(world.server)
            world.await_volume('available')
            return world.goes_on(), world.api.snapshot_status(snapshot.id)

        found, ours = self.both(lose)
        self.assertEqual((False, 'creating'), found)
        self.assertEqual((True, 'error'), ours)

    def test_h10_older_snapshot_of_a_stopped_instance_can_not_be_deleted(self):
        def stop_and_delete(world):
            older = world.snapshot()
            world.snapshot()
            world.nova.servers.stop(world.server)
            world.await_server('SHUTOFF')
            return world.delete(older)

        self.assertEqual(('error_deleting', None), self.both(stop_and_delete))

    def assert_deletable(self, world, snapshot):
        world.cinder.volume_snapshots.reset_state(snapshot, 'available')
        self.assertIsNone(world.delete(snapshot))
        self.assertTrue(world.goes_on())

    def restart(self, world):
        world.cloud.cinder.kill()
        world.cloud.cinder.start()
