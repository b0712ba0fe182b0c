# SPDX-License-Identifier: Apache-2.0
"""What becomes of data that is received."""

import hashlib
import pathlib
import struct
import tempfile
import unittest

from nova_assist.compute.glance.data import Receiver

MIB = 1 << 20
HEADER = struct.pack('>4s20xQ', b'QFI\xfb', 5 << 30)


class ReceiverTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, 'data')

    def receive(self, *blocks, disk_format='raw'):
        with Receiver(self.path) as receiver:
            for block in blocks:
                receiver.write(block)
            return receiver.finish(disk_format)

    def test_zeros_take_no_room_wherever_they_are(self):
        blocks = [bytes(MIB), b'\1' * MIB, bytes(64 * MIB), b'\2', bytes(64 * MIB)]
        content = self.receive(*blocks)
        data = b''.join(blocks)
        self.assertEqual(data, self.path.read_bytes())
        self.assertLess(self.path.stat().st_blocks * 512, 2 * MIB)
        self.assertEqual(len(data), content.size)
        self.assertEqual(hashlib.sha512(data).hexdigest(), content.hash_value)
        self.assertEqual(hashlib.md5(data).hexdigest(), content.checksum)

    def test_size_of_the_disk_is_the_one_in_a_qcow2_header(self):
        sizes = [
            self.receive(start, bytes(MIB), disk_format=disk_format).virtual_size
            for start, disk_format in (
                (HEADER, 'qcow2'),
                (HEADER, 'raw'),
                (bytes(32), 'qcow2'),
                (b'QFI', 'qcow2'),
                (HEADER, 'vmdk'),
            )
        ]
        self.assertEqual([5 << 30, MIB + len(HEADER), None, None, None], sizes)

    def test_nothing_at_all(self):
        self.assertEqual(0, self.receive().size)
        self.assertEqual(b'', self.path.read_bytes())
