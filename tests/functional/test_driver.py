# SPDX-License-Identifier: Apache-2.0
"""What the lifecycle scenarios don't reach: refusals, silence, forgery, modes, thick volumes."""

import os
import pathlib
import signal
import stat
import tempfile
import typing
import unittest

from cinderclient import exceptions as cinder_errors

from nova_assist import client
from nova_assist.cloud.cloud import Cloud
from nova_assist.scenarios.embedded_api import EmbeddedApi

IMAGE = '00000000-0000-0000-0000-000000000001'
HOST = {'host': 'somewhere', 'ip': '127.0.0.1'}

#: Seconds; QEMU spends five of the processor's on the header of an encrypted volume.
_PATIENCE = 120


class DriverCase(unittest.TestCase):
    """Tests over one cloud with the driver, each leaving the shares empty."""

    driver = 'driver.nfs.NfsDriver'
    options: typing.ClassVar = {}

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cloud = cls.make_cloud(pathlib.Path(folder.name))
        cls.addClassCleanup(cls.cloud.stop)
        cls.cloud.start()
        cls.cinder = cls.cloud.cinderclient()
        cls.nova = cls.cloud.novaclient()

    @classmethod
    def make_cloud(cls, folder):
        return Cloud(folder, driver=cls.driver, options=cls.options)

    def setUp(self):
        self.share = self.cloud.shares['raw'].path

    def status(self, manager, thing):
        try:
            return manager.get(thing.id).status
        except cinder_errors.NotFound:
            return None

    def await_status(self, manager, thing, *wanted):
        def settled(status):
            return status in wanted or (status is not None and 'error' in status)

        found = client.poll(lambda: self.status(manager, thing), settled, _PATIENCE)
        self.assertIn(found, wanted)
        return found

    def volume(self, size=1, **options):
        volume = self.cinder.volumes.create(size, volume_type='raw', **options)
        self.addCleanup(self.delete_volume, volume)
        self.await_status(self.cinder.volumes, volume, 'available')
        return volume

    def delete_volume(self, volume):
        self.cinder.volumes.delete(volume)
        self.await_status(self.cinder.volumes, volume, None)
        self.assertEqual([], self.files(volume))

    def snapshot(self, volume, wanted='available'):
        snapshot = self.cinder.volume_snapshots.create(volume.id)
        self.addCleanup(self.delete_snapshot, snapshot)
        self.await_status(self.cinder.volume_snapshots, snapshot, wanted)
        return snapshot

    def delete_snapshot(self, snapshot, wanted=None):
        if self.status(self.cinder.volume_snapshots, snapshot) is not None:
            self.cinder.volume_snapshots.delete(snapshot)
            self.await_status(self.cinder.volume_snapshots, snapshot, wanted)

    def server(self):
        server = self.nova.servers.create('guest', image=IMAGE, flavor='1', nics='none')
        self.addCleanup(self.delete_server, server)
        self.await_server(server, 'ACTIVE')
        return server

    def await_server(self, server, wanted):
        found = client.poll(
            lambda: self.nova.servers.get(server.id).status, lambda seen: seen == wanted, 30
        )
        self.assertEqual(wanted, found)

    def delete_server(self, server):
        self.nova.servers.delete(server)

        def gone():
            return server.id not in [each.id for each in self.nova.servers.list()]

        self.assertTrue(client.poll(gone, bool, 30))

    def attach(self, volume):
        server = self.server()
        self.nova.volumes.create_server_volume(server.id, volume.id)
        self.await_status(self.cinder.volumes, volume, 'in-use')
        self.addCleanup(self.detach, server, volume)
        return server

    def detach(self, server, volume):
        self.nova.volumes.delete_server_volume(server.id, volume.id)
        self.await_status(self.cinder.volumes, volume, 'available')

    def files(self, volume):
        return sorted(n for n in os.listdir(self.share) if n.startswith(f'volume-{volume.id}'))


class SilenceTest(DriverCase):
    options: typing.ClassVar = {
        'nfs_assisted_create_timeout': '2',
        'nfs_assisted_delete_timeout': '2',
    }

    def test_compute_that_died_ends_in_an_error(self):
        self.cloud.compute.kill()
        self.addCleanup(self.cloud.compute.start)
        self.fail_to_snapshot()

    def test_compute_that_hangs_ends_in_an_error_in_bounded_time(self):
        # It accepts connections and never answers; the driver's own limits are all there is.
        os.kill(self.cloud.compute.pid, signal.SIGSTOP)
        try:
            self.fail_to_snapshot()
        finally:
            os.kill(self.cloud.compute.pid, signal.SIGCONT)
        # Now it does late what it was asked before, and the driver has to cope with that.
        self.assertTrue(client.poll(self.try_to_delete, bool, 60))
        self.snapshot(self.kept_volume)

    def try_to_delete(self):
        """Ask for the deletion again, as an operator would; true once the snapshot is gone.

        Nova's late reports change the status under way: it may say "error" although the driver
        still looks at the files, and finds them merged.
        """
        manager = self.cinder.volume_snapshots
        try:
            status = self.status(manager, self.kept)
            if status == 'error_deleting':
                manager.reset_state(self.kept, 'available')
            elif status == 'available':
                manager.delete(self.kept)
        except (cinder_errors.NotFound, cinder_errors.BadRequest):
            # It has changed, or is gone, since we looked.
            return False
        return status is None

    def setUp(self):
        super().setUp()
        self.kept_volume = self.volume()
        self.attach(self.kept_volume)
        self.kept = self.snapshot(self.kept_volume)

    def fail_to_snapshot(self):
        files = self.files(self.kept_volume)
        self.snapshot(self.kept_volume, wanted='error')
        self.assertEqual(files, self.files(self.kept_volume))
        self.cinder.volume_snapshots.delete(self.kept)
        self.await_status(self.cinder.volume_snapshots, self.kept, 'error_deleting')
        self.cinder.volume_snapshots.reset_state(self.kept, 'available')
        self.assertEqual(set(), set(files) - set(self.files(self.kept_volume)))


class RefusalsTest(DriverCase):
    def test_snapshot_that_nova_refuses_leaves_no_overlay(self):
        volume = self.volume()
        # Attached to a host that no server is on: Nova knows nothing of it.
        made = self.cinder.attachments.create(volume.id, HOST, mode='rw')
        self.cinder.attachments.complete(made['id'])
        self.addCleanup(self.cinder.attachments.delete, made['id'])
        self.snapshot(volume, wanted='error')
        self.assertEqual([f'volume-{volume.id}'], self.files(volume))

    def test_older_snapshot_of_a_stopped_server_is_deleted(self):
        volume = self.volume()
        server = self.attach(volume)
        oldest = self.snapshot(volume)
        newest = self.snapshot(volume)
        # Nova itself opens the file from before the snapshot if it is stopped too early.
        api = EmbeddedApi(self.cinder, self.nova, self.cloud.compute.url)
        self.assertTrue(client.poll(lambda: api.is_refreshed(server.id, volume.id), bool, 30))
        self.nova.servers.stop(server)
        self.await_server(server, 'SHUTOFF')
        self.delete_snapshot(oldest)
        self.assertEqual(3, len(self.files(volume)))
        self.nova.servers.start(server)
        self.await_server(server, 'ACTIVE')
        self.delete_snapshot(newest)


class ModesTest(DriverCase):
    options: typing.ClassVar = {
        'nas_secure_file_permissions': 'true',
        'nas_secure_file_operations': 'true',
        'nfs_sparsed_volumes': 'false',
    }

    def modes(self, volume):
        paths = [self.share / name for name in self.files(volume)]
        return {stat.S_IMODE(path.stat().st_mode) for path in paths}

    def test_every_file_is_closed_to_others_in_secure_mode_online_too(self):
        volume = self.volume()
        self.assertEqual({0o660}, self.modes(volume))
        self.snapshot(volume)
        self.attach(volume)
        snapshot = self.snapshot(volume)
        self.assertEqual(4, len(self.files(volume)))
        self.assertEqual({0o660}, self.modes(volume))
        copy = self.volume(2, snapshot_id=snapshot.id)
        self.assertEqual({0o660}, self.modes(copy))

    def test_thick_volume_takes_its_room_at_once(self):
        volume = self.volume()
        [name] = self.files(volume)
        self.assertGreaterEqual((self.share / name).stat().st_blocks * 512, 1 << 30)
