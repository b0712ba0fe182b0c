# SPDX-License-Identifier: Apache-2.0
"""A judge that can't look never says pass."""

import os
import pathlib
import tempfile
import unittest

from nova_assist.checks import judging, record, scene
from nova_assist.checks.errors import RecordDamaged
from nova_assist.reports.model import Verdict


class Crashing:
    name = 'crashing'

    def judge(self, share, looks):
        raise RuntimeError('no eyes')


class JudgingTest(unittest.TestCase):
    def test_crash_of_a_judge_is_unknown(self):
        share = scene.Scene(pathlib.Path('/'), (), scene.Ownership(0, 0))
        (finding,) = judging.examine([Crashing()], share, {})
        self.assertEqual(Verdict.UNKNOWN, finding.verdict)
        self.assertIn('no eyes', finding.fault)


class SeveralSharesTest(unittest.TestCase):
    def test_what_is_seen_on_each_share_counts(self):
        one = judging.Judgement(('a',), {'s1': 1}, {'v1': ['f']}, ('not seen',))
        two = judging.Judgement(('b',), {'s2': 2}, {'v2': ['g']})
        self.assertEqual(
            judging.Judgement(
                ('a', 'b'), {'s1': 1, 's2': 2}, {'v1': ['f'], 'v2': ['g']}, ('not seen',)
            ),
            judging.Judgement.of_all([one, two]),
        )


class RecordTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.share = pathlib.Path(folder.name)
        self.path = self.share / 'volume-1.info'

    def damaged(self, text):
        self.path.write_bytes(text)
        with self.assertRaises(RecordDamaged) as caught:
            record.read(self.share, 'volume-1')
        return str(caught.exception)

    def test_volume_without_record_has_no_snapshots(self):
        self.assertEqual(record.Record('volume-1', {}), record.read(self.share, 'volume-1'))

    def test_record_is_read(self):
        self.path.write_text('{"active": "volume-1.s", "s": "volume-1.s"}')
        expected = record.Record('volume-1.s', {'s': 'volume-1.s'})
        self.assertEqual(expected, record.read(self.share, 'volume-1'))

    def test_damage_is_named(self):
        for text, words in (
            (b'', 'no JSON'),
            (b'{"active": "vol', 'no JSON'),
            (b'\xff\xfe', "can't be read"),
            (b'[]', 'no active file'),
            (b'{}', 'no active file'),
            (b'{"active": 1}', 'no file of this volume'),
            (b'{"active": "/etc/passwd"}', 'no file of this volume'),
            (b'{"active": "volume-1.x/../../y"}', 'no file of this volume'),
            (b'{"active": "volume-12"}', 'no file of this volume'),
        ):
            with self.subTest(text):
                self.assertIn(words, self.damaged(text))

    @unittest.skipIf(os.geteuid() == 0, 'root may read every file')
    def test_record_that_may_not_be_read_is_damaged(self):
        self.path.touch(0)
        with self.assertRaises(RecordDamaged):
            record.read(self.share, 'volume-1')
