# SPDX-License-Identifier: Apache-2.0
"""What Cinder's own code makes of what we tell it; the image service is made by hand."""

import gzip
import os
import pathlib
import tempfile
import types
import unittest

from cinder import exception
from oslo_config import cfg

from driver.glance import GlanceUpload
from driver.layout import Format
from tests.unit.driver import builders


class Service:
    """Keeps what it is sent."""

    def __init__(self):
        self.data = None

    def update(self, context, image_id, meta, data, **options):
        self.data = data.read()


class Volume:
    """As much of Cinder's object as an upload looks at."""

    service_topic_queue = 'host@backend'
    volume_type = types.SimpleNamespace(extra_specs={})
    glance_metadata = None


class GlanceUploadTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.set('image_conversion_dir', folder.name)
        self.service = Service()

    def set(self, name, value):
        cfg.CONF.set_override(name, value)
        self.addCleanup(cfg.CONF.clear_override, name)

    def image(self, disk_format='raw', container_format='bare'):
        meta = {'id': 'i', 'disk_format': disk_format, 'container_format': container_format}
        return GlanceUpload(None, Volume(), self.service, meta)

    def test_formats_have_the_names_that_qemu_knows(self):
        names = {name: self.image(name).format for name in ('raw', 'qcow2', 'vhd', 'vmdk')}
        self.assertEqual({'raw': 'raw', 'qcow2': 'qcow2', 'vhd': 'vpc', 'vmdk': 'vmdk'}, names)

    def test_clusters_are_compressed_where_a_format_can_and_the_operator_wants(self):
        self.assertEqual([True, False], [self.image(n).compressed for n in ('qcow2', 'raw')])
        self.set('image_compress_on_upload', False)
        self.assertFalse(self.image('qcow2').compressed)

    def test_only_raw_data_for_a_raw_image_needs_no_copy(self):
        self.assertTrue(self.image().takes_as_is(Format.RAW))
        for image, found in (
            (self.image(), Format.QCOW2),
            (self.image('qcow2'), Format.QCOW2),
            (self.image('qcow2'), Format.RAW),
            (self.image(container_format='compressed'), Format.RAW),
        ):
            self.assertFalse(image.takes_as_is(found), (image.meta, found))

    def test_conversion_that_the_operator_does_not_want(self):
        self.set('image_conversion_disable', True)
        self.image().require_format(Format.RAW)
        with self.assertRaises(exception.ImageConversionNotAllowed):
            self.image('qcow2').require_format(Format.RAW)

    def test_copy_is_ours_alone_and_named_so_that_cinder_removes_it_at_its_start(self):
        with self.assertRaises(KeyError), self.image().copy() as path:
            self.assertEqual(self.folder, path.parent)
            self.assertEqual(0o600, builders.mode_of(path))
            self.assertTrue(path.name.endswith('host@backend'), path)
            raise KeyError
        self.assertEqual([], os.listdir(self.folder))

    def test_data_is_sent_as_it_is_whatever_it_looks_like(self):
        path = self.folder / 'data'
        hostile = builders.header(backing='/etc/passwd')
        path.write_bytes(hostile)
        self.image().send(path)
        self.assertEqual(hostile, self.service.data)

    def test_archive_has_the_data_as_it_is(self):
        path = self.folder / 'data'
        hostile = builders.header(backing='/etc/passwd')
        path.write_bytes(hostile)
        self.image(container_format='compressed').send(path)
        self.assertEqual(hostile, gzip.decompress(self.service.data))
