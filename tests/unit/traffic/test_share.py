# SPDX-License-Identifier: Apache-2.0
"""What lies on a share is told of real images."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from tests.traffic import share


class ListingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def make(self, *words):
        command = ['qemu-img', 'create', '-q', *words]
        subprocess.run(command, cwd=self.folder, check=True)

    def test_images_records_and_journals_are_told(self):
        self.make('-f', 'raw', 'volume-1', '1G')
        self.make('-f', 'qcow2', '-b', 'volume-1', '-F', 'raw', 'volume-1.a')
        self.make('-f', 'qcow2', 'volume-2', '2G')
        record = {'active': 'volume-1.a'}
        (self.folder / 'volume-1.info').write_text(json.dumps(record))
        (self.folder / 'volume-1.journal').write_text('{}')
        (self.folder / 'volume-1.journal.tmp').hardlink_to(self.folder / 'volume-1.journal')
        (self.folder / 'other').write_text('')
        self.assertEqual(
            {
                'volume-1': 'raw, 1 GiB',
                'volume-1.a': 'qcow2, 1 GiB, on volume-1 (raw)',
                'volume-1.info': record,
                'volume-1.journal': 'what the driver is about',
                'volume-2': 'qcow2, 2 GiB',
            },
            share.listing(self.folder),
        )

    def test_record_that_is_half_written_is_told_as_it_is(self):
        (self.folder / 'volume-1.info').write_text('{"active": ')
        self.assertEqual({'volume-1.info': '{"active": '}, share.listing(self.folder))
