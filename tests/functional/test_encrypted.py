# SPDX-License-Identifier: Apache-2.0
"""Encrypted volumes with a real Cinder and guests' disks: their data is never in the clear.

Snapshots are copies of a detached volume's file. Those of an attached one, what takes one, and
images are refused, and leave a volume as it was.
"""

import subprocess

from nova_assist import client
from nova_assist.scenarios.embedded_api import EmbeddedApi
from tests.functional.test_backups import BackupCase

GIB = 1 << 30

#: The byte that a guest writes many of, to the beginning and far inside; neither QEMU nor Cinder
#: does that.
WRITTEN = 0x5A
PLACES = (0, GIB // 2)
LENGTH = 1 << 20

#: What comes of commands that nothing was said against.
WELL = (0, '')


class EncryptedCase(BackupCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.encrypt('encrypted', 'luks')
        cls.encrypt('encrypted alike', 'luks')
        cls.encrypt('by-the-kernel', 'luks2')

    @classmethod
    def encrypt(cls, name, provider):
        """Make a volume type that is encrypted."""
        made = cls.cinder.volume_types.create(name)
        made.set_keys({'volume_backend_name': 'raw'})
        cls.cinder.volume_encryption_types.create(
            made,
            {
                'provider': provider,
                'cipher': 'aes-xts-plain64',
                'key_size': 256,
                'control_location': 'front-end',
            },
        )

    def setUp(self):
        super().setUp()
        self.api = EmbeddedApi(self.cinder, self.nova, self.cloud.compute.url)

    def make(self, size=1, wanted='available', volume_type='encrypted', **options):
        volume = self.cinder.volumes.create(size, volume_type=volume_type, **options)
        self.addCleanup(self.delete_volume, volume)
        self.await_status(self.cinder.volumes, volume, wanted)
        return volume

    def do(self, server, volume, *commands):
        """Do something as the guest that has a volume; returns exit code and what was said."""
        source = self.api.disks(server.id, self.share)[volume.id].source
        ended = subprocess.run(
            ['qemu-io', '-f', source.format, source.location],
            input='\n'.join(commands),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return ended.returncode, ended.stdout.replace('qemu-io> ', '').strip()

    def write(self, server, volume):
        commands = [f'write -q -P {WRITTEN} {place} {LENGTH}' for place in PLACES]
        self.assertEqual(WELL, self.do(server, volume, *commands, 'flush'))

    def holds(self, server, volume):
        """Tell whether a guest finds what was written."""
        commands = [f'read -q -P {WRITTEN} {place} {LENGTH}' for place in PLACES]
        found = self.do(server, volume, *commands)
        if found != WELL:
            # Nothing else is a no.
            self.assertIn('Pattern verification failed', found[1])
        return found == WELL

    def shows(self, volume):
        """Tell whether a file of a volume on the share has something of what was written."""
        piece = bytes([WRITTEN]) * 32
        for name in self.files(volume):
            with (self.share / name).open('rb') as file:
                while part := file.read(64 << 20):
                    if piece in part:
                        return True
        return False

    def beginning(self, path):
        with path.open('rb') as file:
            return file.read(LENGTH)

    def size(self, server, volume):
        return self.api.disk_size(server.id, volume.id)


class LifeTest(EncryptedCase):
    def test_data_is_the_guest_s_alone_through_copy_backup_restart_and_growth(self):
        volume = self.make()
        server = self.attach(volume)
        self.write(server, volume)
        self.assertTrue(self.holds(server, volume))
        self.assertFalse(self.shows(volume))
        self.detach(server, volume)
        restored = self.copy_and_restore(volume)
        self.cinder.volumes.extend(volume, 2)
        self.await_status(self.cinder.volumes, volume, 'available')
        self.nova.volumes.create_server_volume(server.id, volume.id)
        self.await_status(self.cinder.volumes, volume, 'in-use')
        header = 2 * GIB - self.size(server, volume)
        self.assertTrue(self.holds(server, volume))
        self.nova.servers.stop(server)
        self.await_server(server, 'SHUTOFF')
        self.nova.servers.start(server)
        self.await_server(server, 'ACTIVE')
        self.cinder.volumes.extend(volume, 3)
        self.await_status(self.cinder.volumes, volume, 'in-use')
        grown = client.poll(lambda: self.size(server, volume), lambda size: size > 2 * GIB, 30)
        self.assertEqual(3 * GIB - header, grown)
        self.assertEqual(3 * GIB, (self.share / self.files(volume)[0]).stat().st_size)
        self.assertTrue(self.holds(server, volume))
        self.assertTrue(self.holds(self.attach(restored), restored))
        for each in (volume, restored):
            self.assertFalse(self.shows(each))

    def copy_and_restore(self, volume):
        """Clone a detached volume, back the clone up, and return what that is restored to."""
        clone = self.make(source_volid=volume.id)
        backup = self.backup(clone)
        self.await_status(self.cinder.backups, backup, 'available')
        restored = self.make()
        self.cinder.restores.restore(backup.id, volume_id=restored.id)
        self.await_status(self.cinder.volumes, restored, 'available')
        return restored

    def test_other_type_that_is_alike_changes_no_file(self):
        volume = self.make()
        before = self.files(volume)
        self.cinder.volumes.retype(volume, 'encrypted alike', 'never')
        self.await_status(self.cinder.volumes, volume, 'available')
        self.assertEqual('encrypted alike', self.cinder.volumes.get(volume.id).volume_type)
        self.assertEqual(before, self.files(volume))

    def test_volume_in_the_clear_shows_what_was_written(self):
        volume = self.make(volume_type='raw')
        server = self.attach(volume)
        self.write(server, volume)
        self.assertTrue(self.shows(volume))

    def test_file_without_a_header_is_not_given_to_a_guest(self):
        volume = self.make()
        with (self.share / f'volume-{volume.id}').open('r+b') as file:
            file.write(bytes(4096))
        server = self.server()
        self.nova.volumes.create_server_volume(server.id, volume.id)
        self.await_status(self.cinder.volumes, volume, 'available')


class SnapshotTest(EncryptedCase):
    def test_backup_of_a_snapshot_of_an_attached_volume_is_restored_to_another(self):
        volume = self.make()
        server = self.attach(volume)
        self.write(server, volume)
        self.detach(server, volume)
        snapshot = self.snapshot(volume)
        self.nova.volumes.create_server_volume(server.id, volume.id)
        self.await_status(self.cinder.volumes, volume, 'in-use')
        self.assertEqual(WELL, self.do(server, volume, f'write -q -z 0 {LENGTH}', 'flush'))
        backup = self.backup(volume, snapshot_id=snapshot.id, force=True)
        self.await_status(self.cinder.backups, backup, 'available')
        restored = self.make()
        self.cinder.restores.restore(backup.id, volume_id=restored.id)
        self.await_status(self.cinder.volumes, restored, 'available')
        other = self.attach(restored)
        self.assertTrue(self.holds(other, restored))
        self.assertFalse(self.holds(server, volume))
        for each in (volume, restored):
            self.assertFalse(self.shows(each))
        copy = f'volume-{volume.id}.{snapshot.id}.copy'
        self.assertEqual([f'volume-{volume.id}', copy], sorted(self.files(volume)))

    def test_unmanaging_one_is_refused_and_it_can_be_deleted(self):
        volume = self.make()
        snapshot = self.snapshot(volume)
        self.cinder.volume_snapshots.unmanage(snapshot)
        self.await_status(self.cinder.volume_snapshots, snapshot, 'available')
        self.cinder.volume_snapshots.delete(snapshot)
        self.await_status(self.cinder.volume_snapshots, snapshot, None)
        self.assertEqual([f'volume-{volume.id}'], self.files(volume))


class RefusalsTest(EncryptedCase):
    def test_snapshot_and_copy_of_an_attached_volume_change_nothing(self):
        volume = self.make()
        server = self.attach(volume)
        self.write(server, volume)
        self.snapshot(volume, wanted='error')
        self.make(source_volid=volume.id, wanted='error')
        self.await_failure(self.backup(volume, force=True), 'Unsupported')
        self.await_status(self.cinder.volumes, volume, 'in-use')
        self.assertEqual([f'volume-{volume.id}'], self.files(volume))
        self.assertTrue(self.holds(server, volume))
        self.assertFalse(self.shows(volume))

    def test_images(self):
        content = self.folder / 'content'
        content.write_bytes(bytes([WRITTEN]) * LENGTH)
        image = self.api.images.create('image', 'raw')
        self.addCleanup(self.api.images.delete, image)
        self.api.images.send(image, content)
        self.make(imageRef=image, wanted='error')
        volume = self.make()
        _, answer = self.cinder.volumes.upload_to_image(
            volume.id,
            force=False,
            image_name='x',
            container_format='bare',
            disk_format='raw',
            visibility='private',
            protected=False,
        )
        made = answer['os-volume_upload_image']['image_id']
        self.await_status(self.cinder.volumes, volume, 'available')
        self.assertNotEqual('active', self.api.images.status(made))

    def test_backup_of_the_other_kind_is_not_restored(self):
        encrypted, plain = self.make(), self.make(volume_type='raw')
        for source, target in ((plain, encrypted), (encrypted, plain)):
            backup = self.backup(source)
            self.await_status(self.cinder.backups, backup, 'available')
            path = self.share / f'volume-{target.id}'
            before = self.beginning(path), path.stat().st_ino
            self.cinder.restores.restore(backup.id, volume_id=target.id)
            self.await_status(self.cinder.volumes, target, 'error_restoring')
            self.assertEqual(before, (self.beginning(path), path.stat().st_ino))
            self.assertEqual([path.name], self.files(target))
            self.cinder.volumes.reset_state(target, 'available')
        server = self.attach(encrypted)
        self.write(server, encrypted)
        self.assertTrue(self.holds(server, encrypted))

    def test_provider_that_takes_a_block_device_leaves_no_file(self):
        volume = self.make(volume_type='by-the-kernel', wanted='error')
        self.assertEqual([], self.files(volume))
