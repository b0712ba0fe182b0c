# SPDX-License-Identifier: Apache-2.0
"""Many volumes in a database that others have open."""

import pathlib
import sqlite3
import tempfile
import unittest

from nova_assist.bench import filling


class FillingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.share = pathlib.Path(folder.name)
        self.database = self.share / 'cinder.sqlite'
        (self.share / 'volume-model').write_bytes(bytes(4096))
        self.cinder = sqlite3.connect(self.database)
        self.addCleanup(self.cinder.close)
        self.cinder.executescript(
            'CREATE TABLE volumes (id, size);'
            'CREATE INDEX volumes_size_idx ON volumes (size);'
            "INSERT INTO volumes VALUES ('model', 1)"
        )

    def fill(self, count):
        filling.fill(self.database, self.share, 'model', count)

    def test_each_volume_has_a_row_and_a_file_of_its_own(self):
        self.fill(10)
        self.fill(30)
        rows = self.cinder.execute('SELECT id, size FROM volumes').fetchall()
        self.assertEqual(30, len(rows))
        self.assertEqual({1}, {size for _, size in rows})
        files = {path.name: path.stat().st_size for path in self.share.glob('volume-*')}
        self.assertEqual({f'volume-{volume}': 4096 for volume, _ in rows}, files)

    def test_connection_that_is_open_reads_each_count(self):
        read = set()
        for count in (10, 30):
            self.fill(count)
            # By this SQLite sees that it has to read the schema, and the counts with it, anew.
            read.add(self.cinder.execute('PRAGMA schema_version').fetchone())
            (counted,) = self.cinder.execute('SELECT stat FROM sqlite_stat1').fetchone()
            self.assertEqual(str(count), counted.split()[0])
        self.assertEqual(2, len(read))
