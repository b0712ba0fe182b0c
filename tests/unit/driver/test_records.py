# SPDX-License-Identifier: Apache-2.0
import json
import os
import pathlib
import tempfile
import unittest

import hypothesis
from hypothesis import strategies

from driver import access, exceptions, records
from driver.records import Record
from tests.unit.driver import builders


class ParseTest(unittest.TestCase):
    def test_record_as_the_in_tree_driver_writes_it(self):
        overlay = f'{builders.VOLUME}.a'
        data = json.dumps({'active': overlay, 'a': overlay}, indent=1, sort_keys=True).encode()
        self.assertEqual(Record(overlay, {'a': overlay}), records.parse(data, builders.layout()))

    def test_damaged_records_are_refused_by_name(self):
        bad = {
            'is empty': b'',
            'is not JSON': b'{"active": ',
            'with the key "active"': b'["active"]',
            'no file of this volume': b'{"active": "volume-of-somebody-else"}',
            "names '../x'": b'{"active": "../x"}',
            'names 7': b'{"active": 7}',
            'is larger than': b' ' * (1 << 21),
        }
        for words, data in bad.items():
            with self.subTest(words), self.assertRaisesRegex(exceptions.RecordError, words):
                records.parse(data, builders.layout())

    def test_deeply_nested_record_is_refused(self):
        with self.assertRaises(exceptions.RecordError):
            records.parse(b'[' * 200_000, builders.layout())

    @hypothesis.given(strategies.binary(max_size=200))
    def test_any_bytes_give_a_record_or_a_record_error(self, data):
        try:
            records.parse(data, builders.layout())
        except exceptions.RecordError as error:
            self.assertIn(f'{builders.VOLUME}.info', str(error))


class SaveTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.layout = builders.layout(folder.name)
        self.maker = access.FileMaker(access.SECURE_MODE)

    def test_volume_without_a_record_has_no_snapshots(self):
        self.assertEqual(Record(builders.VOLUME, {}), records.load(self.layout))

    def test_saved_record_is_read_back_and_has_the_mode_asked_for(self):
        record = Record(builders.VOLUME, {}).with_snapshot('a', f'{builders.VOLUME}.a')
        self.addCleanup(os.umask, os.umask(0o077))
        records.save(self.layout, record, self.maker)
        self.assertEqual(record, records.load(self.layout))
        path = self.layout.path(self.layout.record)
        self.assertEqual(access.SECURE_MODE, builders.mode_of(path))
        self.assertEqual([self.layout.record], os.listdir(self.layout.folder))

    def test_record_on_a_share_that_cannot_be_written(self):
        missing = builders.layout(pathlib.Path(self.layout.folder, 'gone'))
        with self.assertRaisesRegex(exceptions.ShareError, 'see that the share is mounted'):
            records.save(missing, Record(builders.VOLUME, {}), self.maker)
