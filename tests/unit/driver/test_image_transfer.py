# SPDX-License-Identifier: Apache-2.0
"""Volumes from images and images from volumes, with an image service made by hand."""

import contextlib
import dataclasses
import os
import pathlib
import subprocess
import tempfile

from driver import access, exceptions, records
from driver.extension import Extension
from driver.image_transfer import ImageTransfer
from driver.layout import Format
from tests.unit.driver import builders, test_clones
from tests.unit.driver.test_clones import CloneCase
from tests.unit.driver.test_locks import opened_by_qemu
from tests.unit.driver.test_offline import reads, write

SMALL = 64 << 20


class NotAllowed(Exception):
    """An image service's refusal."""


class Download:
    """An image of 64 MiB with some data, or other bytes."""

    def __init__(self, data=None, error=None):
        self.data = data
        self.error = error
        self.asked = None

    def fetch(self, target, image_format, size, sparse):
        self.asked = (image_format, size, sparse)
        if self.error is not None:
            raise self.error
        if self.data is not None:
            target.write_bytes(self.data)
            return
        command = ['qemu-img', 'create', '-q', '-f', image_format.value, target, str(SMALL)]
        subprocess.run(command, check=True)
        write(target, image_format, 1, 1)


class Upload:
    """Takes an image of a format and looks at it."""

    compressed = False

    def __init__(self, test, image_format='qcow2'):
        self.test = test
        self.format = image_format
        self.error = None
        self.refusal = None
        self.sent = None
        self.seen = None
        self.copies = test.folder_of_its_own()

    def require_format(self, image_format):
        if self.refusal is not None:
            raise self.refusal

    def takes_as_is(self, image_format):
        return image_format.value == self.format == 'raw'

    @contextlib.contextmanager
    def copy(self):
        path = self.copies / 'copy'
        path.touch()
        try:
            yield path
        finally:
            path.unlink()

    def send(self, path):
        if self.error is not None:
            raise self.error
        self.sent = path
        command = ['qemu-img', 'info', '-U', '-f', self.format, '--output=json', str(path)]
        self.seen = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        self.blocks = {
            value for value in (1, 2, 3) if reads(path, Format(self.format), value, value)
        }
        self.snapshots = dict(self.test.rows.temporary)


class ImageCase(CloneCase):
    def use(self, **changes):
        super().use(**changes)
        self.images = ImageTransfer(self.opener, self.snapshots)

    def folder_of_its_own(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def make(self, image_format):
        """Replace the volume by an empty one of a format."""
        self.layout.path(builders.VOLUME).unlink()
        self.create(image_format)
        self.state = dataclasses.replace(
            self.state, active_format=image_format, base_format=image_format
        )

    def upload(self, image):
        self.images.upload(self.state, 'i', image, None)

    def base(self):
        return self.layout.path(builders.VOLUME)


class DownloadTest(ImageCase):
    def download(self, image, status='downloading'):
        self.images.download(dataclasses.replace(self.state, status=status), image)

    def test_volume_that_was_given_up_meanwhile_keeps_its_data(self):
        for status in ('error', 'available', 'in-use'):
            image = Download()
            with self.assertRaisesRegex(exceptions.StateError, f'is {status}: only one'):
                self.download(image, status)
            self.assertIsNone(image.asked)

    def test_volume_of_each_format_holds_the_data_and_zeros_up_to_its_size(self):
        for image_format in Format:
            with self.subTest(image_format.value):
                self.make(image_format)
                self.download(Download())
                self.assertEqual([builders.VOLUME], self.names())
                self.assertEqual(builders.GIB, self.opened(image_format)[1].active.virtual_size)
                self.assertTrue(reads(self.base(), image_format, 1, 1))
                for block in (0, SMALL >> 16, (builders.GIB >> 16) - 1):
                    self.assertTrue(reads(self.base(), image_format, block, 0))
                self.assertEqual(access.SECURE_MODE, builders.mode_of(self.base()))
                self.assertLess(self.base().stat().st_blocks * 512, SMALL)

    def test_volume_that_is_not_sparse_has_all_its_room(self):
        self.use(sparse=False)
        image = Download()
        self.download(image)
        self.assertEqual((Format.RAW, builders.GIB, False), image.asked)
        self.assertGreaterEqual(self.base().stat().st_blocks * 512, builders.GIB - SMALL)

    def test_format_is_the_one_on_record_whatever_the_options_say(self):
        self.use(qcow2=True)
        image = Download()
        self.download(image)
        self.assertIs(Format.RAW, image.asked[0])

    def test_volume_whose_extension_has_come_true_late_keeps_its_new_size(self):
        os.truncate(self.base(), 2 * builders.GIB)
        extension = Extension(builders.GIB, 2 * builders.GIB)
        self.state = dataclasses.replace(self.state, extension=extension)
        self.download(Download())
        self.assertEqual(2 * builders.GIB, self.state.size)
        self.assertEqual(2 * builders.GIB, self.base().stat().st_size)

    def test_header_in_the_data_of_a_raw_volume_is_data(self):
        self.download(Download(builders.header(backing='/etc/passwd')))
        self.assertEqual(builders.GIB, self.base().stat().st_size)
        self.assertEqual(b'QFI\xfb', self.base().read_bytes()[:4])
        self.assertEqual(Format.RAW.value, self.backend.connection(self.state)['format'])

    def test_file_that_is_no_image_of_a_volume_never_becomes_one(self):
        self.make(Format.QCOW2)
        before = self.base().read_bytes()[:512]
        for what, data in {
            'another file behind it': builders.header(backing='volume-of-somebody-else'),
            'itself behind it': builders.header(backing=builders.VOLUME, backing_format='qcow2'),
            'data outside': builders.header(incompatible=1 << 2),
            'more than the volume': builders.header(size=2 * builders.GIB),
            'no header': bytes(4096),
        }.items():
            with self.subTest(what):
                with self.assertRaises(exceptions.ImageError):
                    self.download(Download(data))
                self.assertEqual([builders.VOLUME], self.names())
                self.assertEqual(before, self.base().read_bytes()[:512])

    def test_raw_data_beyond_the_volume_is_refused(self):
        self.state = dataclasses.replace(self.state, size=SMALL // 2)
        with self.assertRaisesRegex(exceptions.StateError, 'Nothing was changed'):
            self.download(Download())
        self.assertEqual([builders.VOLUME], self.names())

    def test_image_that_does_not_come_leaves_the_volume_as_it_was(self):
        write(self.base(), Format.RAW, 3, 3)
        with self.assertRaisesRegex(OSError, 'gone'):
            self.download(Download(error=OSError('gone')))
        self.assertEqual([builders.VOLUME], self.names())
        self.assertTrue(reads(self.base(), Format.RAW, 3, 3))

    def test_file_is_not_open_under_its_name_when_it_is_replaced(self):
        """Or an NFS client would move it out of the way first."""
        opened = self.watch_publication()
        self.download(Download())
        self.assertIn(f'{self.base()}.replaced.tmp', opened, 'claimed')
        self.assertNotIn(str(self.base()), opened)

    def test_who_opens_the_old_file_at_the_last_moment_finds_it_empty(self):
        with self.base().open('rb') as late:
            self.download(Download())
            self.assertEqual(0, os.fstat(late.fileno()).st_size)

    def test_what_an_interrupted_attempt_left_is_replaced(self):
        self.layout.path(self.layout.temporary(builders.VOLUME)).write_text('half an image')
        self.download(Download())
        self.assertEqual([builders.VOLUME], self.names())
        self.assertTrue(reads(self.base(), Format.RAW, 1, 1))

    def test_cinder_is_not_led_to_the_file_to_write_raw_data_over_it(self):
        for status in ('downloading', 'error'):
            self.state = dataclasses.replace(self.state, status=status)
            with self.assertRaisesRegex(exceptions.StateError, 'would write raw data over'):
                self.backend.connection(self.state)

    def test_volume_with_snapshots_is_refused_and_nothing_fetched(self):
        self.take('a')
        image = Download()
        with self.assertRaisesRegex(exceptions.StateError, 'delete them'):
            self.download(image)
        self.assertIsNone(image.asked)

    def test_volume_that_somebody_has_open_is_refused_and_nothing_fetched(self):
        image = Download()
        busy = opened_by_qemu(self.base(), image_format='raw')
        with busy, self.assertRaises(exceptions.FileInUse):
            self.download(image)
        self.assertIsNone(image.asked)
        self.assertEqual([builders.VOLUME], self.names())


class DetachedUploadTest(ImageCase):
    def test_raw_volume_without_snapshots_is_sent_as_it_is(self):
        write(self.base(), Format.RAW, 1, 1)
        image = Upload(self, 'raw')
        self.upload(image)
        self.assertEqual((self.base(), {1}), (image.sent, image.blocks))

    def test_copy_has_the_data_of_the_whole_chain_and_nothing_behind_it(self):
        for source in Format:
            for target in Format:
                with self.subTest(f'{source.value} to {target.value}'):
                    self.make(source)
                    write(self.base(), source, 1, 1)
                    self.take('a')
                    write(self.layout.path(self.active()), Format.QCOW2, 2, 2)
                    image = Upload(self, target.value)
                    self.upload(image)
                    self.assertEqual({1, 2}, image.blocks)
                    self.assertNotIn('backing', image.seen)
                    self.assertEqual([], list(image.copies.iterdir()))
                    self.remove('a')

    def test_qcow2_volume_is_copied_so_that_no_preallocated_nothing_is_sent(self):
        self.make(Format.QCOW2)
        write(self.base(), Format.QCOW2, 1, 1)
        image = Upload(self)
        self.upload(image)
        self.assertEqual((image.copies / 'copy', {1}), (image.sent, image.blocks))

    def test_header_in_the_data_of_a_raw_volume_is_data(self):
        hostile = builders.header(backing='/etc/passwd')
        with self.base().open('r+b') as file:
            file.write(hostile)
        image = Upload(self)
        image.send = lambda path: subprocess.run(
            ['qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', path, image.copies / 'seen'],
            check=True,
        )
        self.upload(image)
        with (image.copies / 'seen').open('rb') as file:
            self.assertEqual(hostile, file.read(len(hostile)))

    def test_volume_can_not_be_written_while_it_is_sent(self):
        image = Upload(self, 'raw')
        command = ['qemu-io', '-f', 'raw', '-c', 'length', str(self.base())]
        opened = []
        image.send = lambda path: opened.append(
            subprocess.run(command, capture_output=True).returncode == 0
        )
        self.upload(image)
        self.assertEqual([False], opened)

    def test_volume_that_somebody_has_open_is_refused(self):
        image = Upload(self)
        busy = opened_by_qemu(self.base(), image_format='raw')
        with busy, self.assertRaises(exceptions.FileInUse):
            self.upload(image)
        self.assertIsNone(image.sent)

    def test_copy_goes_whatever_goes_wrong(self):
        image = Upload(self)
        image.error = NotAllowed()
        with self.assertRaises(NotAllowed):
            self.upload(image)
        self.assertEqual([], list(image.copies.iterdir()))

    def test_conversion_that_is_not_allowed_is_not_begun(self):
        image = Upload(self)
        image.refusal = NotAllowed()
        with self.assertRaises(NotAllowed):
            self.upload(image)
        self.assertIsNone(image.sent)

    def test_copy_that_finds_no_room_says_where(self):
        tools = self.folder_of_its_own()
        full = tools / 'qemu-img'
        full.write_text('#!/bin/sh\necho "write: No space left on device" >&2\nexit 1\n')
        full.chmod(0o755)
        path = os.environ['PATH']
        self.addCleanup(os.environ.update, PATH=path)
        os.environ['PATH'] = f'{tools}:{path}'
        image = Upload(self)
        with self.assertRaisesRegex(exceptions.CommandError, f'Make room in {image.copies}'):
            self.upload(image)
        self.assertEqual([], list(image.copies.iterdir()))


class AttachedUploadTest(ImageCase):
    do_as_asked = test_clones.AttachedCloneTest.do_as_asked
    refuse_deletion = test_clones.AttachedCloneTest.refuse_deletion

    def setUp(self):
        super().setUp()
        write(self.base(), Format.RAW, 1, 1)
        self.attach(builders.VOLUME)
        self.state = dataclasses.replace(self.state, status='uploading')
        self.overlay = self.layout.overlay('t')
        self.nova.work = self.do_as_asked

    def test_snapshot_is_gone_before_its_copy_is_sent(self):
        image = Upload(self, 'raw')
        self.upload(image)
        self.assertEqual(({1}, {}), (image.blocks, image.snapshots))
        self.assertEqual({}, records.load(self.layout).overlays)
        self.assertEqual([], list(image.copies.iterdir()))

    def test_guest_that_does_not_switch_leaves_nothing_and_nothing_is_sent(self):
        self.nova.work = None
        image = Upload(self)
        with self.assertRaises(exceptions.AssistError):
            self.upload(image)
        self.assertIsNone(image.sent)
        self.assertEqual([builders.VOLUME], self.names())
        self.assertEqual([], list(image.copies.iterdir()))

    def test_snapshot_that_stays_does_not_keep_the_copy_from_being_sent(self):
        self.nova.work = self.refuse_deletion
        image = Upload(self)
        with self.assertLogs('driver.snapshots', 'ERROR'):
            self.upload(image)
        self.assertEqual(({1}, {'t': 'error'}), (image.blocks, image.snapshots))
