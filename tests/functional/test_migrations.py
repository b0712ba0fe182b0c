# SPDX-License-Identifier: Apache-2.0
"""Volumes migrated and retyped between two backends, in either format, and deaths meanwhile."""

import itertools
import json
import os
import subprocess

from nova_assist import client
from tests.functional.test_clones import CloneCase

_BLOCK = 1 << 16
_AT = (0, 5 * _BLOCK, (1 << 30) - _BLOCK)


class MigrationCase(CloneCase):
    """Tests whose volumes go from one backend to the other, each on a share of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Cinder migrates a volume only to where its type allows it to be.
        cls.cinder.volume_types.create('any')

    def made(self, backend='raw', volume_type='any'):
        """Return a volume with data in a backend."""
        volume = self.cinder.volumes.create(1, volume_type=volume_type)
        self.addCleanup(self.delete_volume, volume)
        self.await_status(self.cinder.volumes, volume, 'available')
        [(found, _)] = self.everything()
        self.write(found)
        if found != backend:
            self.assertEqual('success', self.migrate(volume, backend))
        return volume

    def delete_volume(self, volume):
        self.cinder.volumes.delete(volume)
        self.await_status(self.cinder.volumes, volume, None)
        self.assertEqual([], self.everything())

    def everything(self):
        """Return what lies on the shares: pairs of a share and a name."""
        shares = self.cloud.shares.items()
        names = ((share, name) for share, each in shares for name in os.listdir(each.path))
        return sorted((share, name) for share, name in names if name.startswith('volume-'))

    def write(self, image_format):
        [(share, name)] = self.everything()
        path = self.cloud.shares[share].path / name
        commands = [f'write -P {number} {at} {_BLOCK}' for number, at in enumerate(_AT, 1)]
        self.qemu_io(path, image_format, commands)

    def qemu_io(self, path, image_format, commands):
        arguments = itertools.chain.from_iterable(('-c', each) for each in commands)
        subprocess.run(
            ['qemu-io', '-f', image_format, *arguments, path], check=True, capture_output=True
        )

    def assert_is(self, volume, volume_type, share):
        """See that a volume has its data in a file of the right format, and nothing else is."""
        images = [each for each in self.everything() if not each[1].endswith('.info')]
        [(found, name)] = images
        self.assertEqual(share, found)
        path = self.cloud.shares[share].path / name
        commands = [f'read -P {number} {at} {_BLOCK}' for number, at in enumerate(_AT, 1)]
        self.qemu_io(path, volume_type, [*commands, f'read -P 0 {_BLOCK} {4 * _BLOCK}'])
        made = self.cinder.attachments.create(volume.id, {'host': 'h', 'ip': '127.0.0.1'})
        self.cinder.attachments.delete(made['id'])
        info = made['connection_info']
        self.assertEqual((name, volume_type), (info['name'], info['format']))
        self.await_status(self.cinder.volumes, volume, 'available')

    def host(self, backend):
        [pool] = [each.name for each in self.cinder.pools.list() if f'@{backend}#' in each.name]
        return pool

    def migrate(self, volume, backend, force=False, lock=True):
        self.cinder.volumes.migrate_volume(volume, self.host(backend), force, lock)
        return self.ended(volume)

    def ended(self, volume):
        def settled(found):
            idle = found.status in ('available', 'error')
            return idle and found.migration_status in ('success', 'error')

        found = client.poll(lambda: self.cinder.volumes.get(volume.id), settled, 40)
        self.assertEqual('available', found.status)
        return found.migration_status

    def go_on(self, volume):
        snapshot = self.snapshot(volume)
        copy = self.cinder.volumes.create(1, snapshot_id=snapshot.id)
        self.await_status(self.cinder.volumes, copy, 'available')
        self.cinder.volumes.delete(copy)
        self.await_status(self.cinder.volumes, copy, None)
        self.delete_snapshot(snapshot)


class MigrationTest(MigrationCase):
    def test_volume_goes_to_the_other_backend_and_back(self):
        volume = self.made()
        for backend in ('qcow2', 'raw'):
            with self.subTest(backend):
                self.assertEqual('success', self.migrate(volume, backend))
                self.assert_is(volume, backend, backend)
                self.go_on(volume)
                self.assert_is(volume, backend, backend)
        self.cinder.volumes.extend(volume, 2)
        self.await_status(self.cinder.volumes, volume, 'available')

    def test_volume_that_users_may_use_meanwhile_is_not_locked(self):
        volume = self.made('qcow2')
        self.assertEqual('success', self.migrate(volume, 'raw', lock=False))
        self.assert_is(volume, 'raw', 'raw')

    def test_migrated_volume_is_attached(self):
        volume = self.made()
        self.migrate(volume, 'qcow2')
        self.attach(volume)
        self.delete_snapshot(self.snapshot(volume))


class RefusalTest(MigrationCase):
    def test_copy_by_cinder_itself_is_refused_and_loses_nothing(self):
        volume = self.made()
        self.assertEqual('error', self.migrate(volume, 'qcow2', force=True))
        self.assertTrue(client.poll(lambda: len(self.cinder.volumes.list()) == 1, bool, 30))
        self.assert_is(volume, 'raw', 'raw')

    def test_volume_that_somebody_has_open_is_left_as_it_is(self):
        volume = self.made()
        [(share, name)] = self.everything()
        path = self.cloud.shares[share].path / name
        image = json.dumps({'driver': 'file', 'node-name': 'f', 'filename': str(path)})
        export = ('--export', 'nbd,id=e,node-name=f,writable=on')
        server = ('--nbd-server', f'addr.type=unix,addr.path={self.folder}/nbd')
        pid = self.folder / 'pid'
        command = ['qemu-storage-daemon', '--blockdev', image, *server, *export]
        with subprocess.Popen([*command, '--pidfile', pid]) as process:
            self.assertTrue(client.poll(pid.exists, bool, 30))
            self.assertEqual('error', self.migrate(volume, 'qcow2'))
            process.terminate()
        self.assert_is(volume, 'raw', 'raw')
        self.assertEqual('success', self.migrate(volume, 'qcow2'))
        self.assert_is(volume, 'qcow2', 'qcow2')


class OtherDriverTest(MigrationCase):
    """Backends of which one has Cinder's own driver: nothing goes there, or comes from there."""

    driver = 'tests.functional.cloud_drivers.OursBesideCinders'

    def assert_stays(self, source, target):
        volume = self.made(source, source)
        self.cinder.volumes.retype(volume, target, 'on-demand')
        self.assertEqual('error', self.ended(volume))
        self.assertEqual(source, self.cinder.volumes.get(volume.id).volume_type)
        self.assertEqual([volume.id], [each.id for each in self.cinder.volumes.list()])
        self.assert_is(volume, source, source)
        said = self.cloud.cinder.log.read_text()
        self.assertIn(f'Volume {volume.id} is to be migrated', said)

    def test_volume_of_ours_stays(self):
        self.assert_stays('raw', 'qcow2')

    def test_volume_of_cinder_s_own_driver_stays(self):
        self.assert_stays('qcow2', 'raw')


class FailureTest(MigrationCase):
    def test_copy_that_fails_leaves_the_volume_as_it_is(self):
        volume = self.made()
        self.tell('fail')
        self.assertEqual('error', self.migrate(volume, 'qcow2'))
        self.assert_is(volume, 'raw', 'raw')

    def test_death_while_copying_leaves_the_volume_as_it_is(self):
        volume = self.made()
        self.hold()
        self.cinder.volumes.migrate_volume(volume, self.host('qcow2'), False, True)
        self.await_copying()
        self.restart()
        self.assertEqual('error', self.ended(volume))
        self.assert_is(volume, 'raw', 'raw')
        (self.folder / 'hold').unlink()
        self.assertEqual('success', self.migrate(volume, 'qcow2'))
        self.assert_is(volume, 'qcow2', 'qcow2')
