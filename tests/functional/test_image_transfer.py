# SPDX-License-Identifier: Apache-2.0
"""Images that are refused, cached, or written over a volume; the lifecycle has the others."""

import json
import pathlib
import subprocess
import tempfile

from nova_assist import client
from nova_assist.scenarios.embedded_api import EmbeddedApi
from tests.functional.test_driver import DriverCase

GIB = 1 << 30
MARK = b'an image with some data'


class ImageCase(DriverCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.images = EmbeddedApi(self.cinder, self.nova, self.cloud.compute.url).images

    def image(self, disk_format, path, **properties):
        """Make an image of a file, whatever that holds; returns its id."""
        image_id = self.images.create('image', disk_format, **properties)
        self.addCleanup(self.images.delete, image_id)
        self.images.send(image_id, path)
        return image_id

    def file(self, data=MARK):
        path = self.folder / 'data'
        path.write_bytes(data.ljust(1 << 20, b'\0'))
        return path

    def made(self, disk_format, *options, size='64M'):
        """Return a new empty file of a format that qemu-img knows."""
        path = self.folder / disk_format
        command = ['qemu-img', 'create', '-q', '-f', disk_format, *options, path, size]
        subprocess.run(command, check=True)
        return path

    def start(self, volume):
        with (self.share / f'volume-{volume.id}').open('rb') as file:
            return file.read(len(MARK))


class HostileImageTest(ImageCase):
    def assert_refused(self, disk_format, path):
        """See that no volume comes of an image, and no file stays once it is deleted."""
        volume = self.cinder.volumes.create(
            1, imageRef=self.image(disk_format, path), volume_type='raw'
        )
        self.addCleanup(self.delete_volume, volume)
        found = client.poll(
            lambda: self.status(self.cinder.volumes, volume),
            lambda now: now not in ('creating', 'downloading'),
            40,
        )
        self.assertEqual('error', found)
        self.assertEqual([], [name for name in self.files(volume) if name.endswith('.tmp')])

    def test_image_with_another_file_behind_it(self):
        self.assert_refused('qcow2', self.made('qcow2', '-b', '/etc/passwd', '-F', 'raw', '-u'))

    def test_image_with_its_data_in_another_file(self):
        outside = f'data_file={self.folder}/outside,data_file_raw=on'
        self.assert_refused('qcow2', self.made('qcow2', '-o', outside))

    def test_image_of_another_format_than_declared(self):
        self.assert_refused('raw', self.made('qcow2'))
        self.assert_refused('qcow2', self.file())

    def test_image_that_is_larger_than_the_volume(self):
        self.assert_refused('vmdk', self.made('vmdk', size='2G'))


class ReimageTest(ImageCase):
    def reimage(self, volume, wanted, **properties):
        image = self.image('raw', self.file(), **properties)
        self.cinder.volumes.reimage(volume, image)
        self.await_status(self.cinder.volumes, volume, wanted)

    def test_volume_is_made_anew_of_an_image(self):
        volume = self.volume()
        with (self.share / f'volume-{volume.id}').open('r+b') as file:
            file.seek(-4096, 2)
            file.write(b'old data')
        self.reimage(volume, 'available')
        self.assertEqual([f'volume-{volume.id}'], self.files(volume))
        data = (self.share / f'volume-{volume.id}').read_bytes()
        self.assertEqual((GIB, MARK), (len(data), data.strip(b'\0')))

    def test_snapshots_keep_their_data_instead(self):
        volume = self.volume()
        self.snapshot(volume)
        before = self.files(volume)
        self.reimage(volume, 'error')
        self.assertEqual(before, self.files(volume))
        self.assertEqual(bytes(len(MARK)), self.start(volume))
        self.cinder.volumes.reset_state(volume, 'available')

    def test_image_that_stands_for_a_snapshot_is_not_copied_over_the_chain(self):
        """Cinder would copy raw data over the overlay, and the snapshots could not be read."""
        source, volume = self.volume(), self.volume()
        disk = {
            'source_type': 'snapshot',
            'boot_index': 0,
            'snapshot_id': self.snapshot(source).id,
            'volume_size': 1,
        }
        self.snapshot(volume)
        contents = {path: path.read_bytes() for path in self.share.glob(f'volume-{volume.id}.*')}
        self.reimage(volume, 'error', block_device_mapping=json.dumps([disk]))
        named = [each.name for each in self.cinder.volumes.list() if each.name]
        self.assertEqual([], named, 'no temporary volume is made in vain')
        for path, content in contents.items():
            self.assertEqual(content, path.read_bytes(), path)
        self.cinder.volumes.reset_state(volume, 'available')
