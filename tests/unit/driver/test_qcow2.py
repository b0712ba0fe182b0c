# SPDX-License-Identifier: Apache-2.0
import subprocess
import tempfile
import unittest

import hypothesis
from hypothesis import strategies

from driver import exceptions, qcow2
from tests.unit.driver import builders


class ParseTest(unittest.TestCase):
    def test_overlay_of_either_version(self):
        for version in (2, 3):
            with self.subTest(version=version):
                data = builders.header(version=version, backing='volume-1', backing_format='raw')
                parsed = qcow2.parse(data, 'x')
                self.assertEqual('volume-1', parsed.backing_file)
                self.assertEqual('raw', parsed.backing_format)
                self.assertEqual(builders.GIB, parsed.virtual_size)
                self.assertFalse(parsed.encrypted)

    def test_base_has_no_backing_file(self):
        parsed = qcow2.parse(builders.header(), 'x')
        self.assertIsNone(parsed.backing_file)
        self.assertIsNone(parsed.backing_format)

    def test_format_of_no_backing_file_is_none(self):
        data = bytearray(builders.header(backing='volume-1', backing_format='raw'))
        data[8:20] = bytes(12)
        self.assertIsNone(qcow2.parse(bytes(data), 'x').backing_format)

    def test_overlay_without_recorded_format(self):
        data = builders.header(backing='volume-1', backing_format=None)
        self.assertIsNone(qcow2.parse(data, 'x').backing_format)

    def test_encrypted_image_is_told(self):
        self.assertTrue(qcow2.parse(builders.header(crypt=2), 'x').encrypted)

    def test_real_files_of_qemu_img(self):
        for compat in ('0.10', '1.1'):
            with self.subTest(compat=compat), tempfile.TemporaryDirectory() as folder:
                command = ['qemu-img', 'create', '-q', '-f', 'qcow2', '-o', f'compat={compat}']
                backed = ['-u', '-b', 'volume-1', '-F', 'qcow2', f'{folder}/x', '5G']
                subprocess.run([*command, *backed], check=True)
                with open(f'{folder}/x', 'rb') as file:
                    parsed = qcow2.parse(file.read(qcow2.HEADER_BYTES), 'x')
                self.assertEqual(
                    (5 * builders.GIB, 'volume-1', 'qcow2', False),
                    (
                        parsed.virtual_size,
                        parsed.backing_file,
                        parsed.backing_format,
                        parsed.encrypted,
                    ),
                )

    def test_bad_headers_are_refused_by_name(self):
        bad = {
            'no qcow2 header': builders.header(magic=b'QFI\0'),
            'version 4': builders.header(version=3)[:4] + b'\0\0\0\4' + builders.header()[8:],
            'cluster size': builders.header(cluster_bits=40),
            'external file': builders.header(incompatible=4),
            'marked as corrupt': builders.header(incompatible=2),
            'no multiple of 512': builders.header(size=builders.GIB + 1),
            'outside its header': builders.header(backing='volume-1')[:-3],
            'name of 0 bytes': builders.header(backing='volume-1', backing_format=''),
            'cut off': builders.header()[:80],
        }
        for words, data in bad.items():
            with self.subTest(words), self.assertRaisesRegex(exceptions.ImageError, words):
                qcow2.parse(data, 'x')

    @hypothesis.given(strategies.binary(max_size=400))
    def test_any_bytes_give_a_header_or_an_image_error(self, tail):
        for data in (tail, builders.header(backing='volume-1')[:72] + tail, qcow2.MAGIC + tail):
            try:
                qcow2.parse(data, 'x')
            except exceptions.ImageError as error:
                self.assertIn('x ', str(error))
