# SPDX-License-Identifier: Apache-2.0
import pathlib
import tempfile
import unittest

from stestr import selection

from nova_assist.ci.errors import SkipsError
from nova_assist.ci.skips import How, SkipList

_GOOD = 'not_run: [{test: "a.b\\\\.c", reason: it is red, plan: bug 1}]'


class SkipListTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name, 'skips.yaml')

    def load(self, text):
        self.file.write_text(text)
        return SkipList.load([self.file])

    def test_own_list_has_a_reason_and_a_plan_for_each(self):
        listed = SkipList.load()
        self.assertTrue({How.NOT_RUN, How.SKIPPED} <= {skip.how for skip in listed.skips})
        found = listed.find('tempest.scenario.test_x.TestEncryptedCinderVolumes')
        self.assertIn('key manager', found.reason)
        self.assertIn('Barbican', found.plan)
        found = listed.find('tempest.api.volume.test_volumes_backup.VolumesBackupsTest')
        self.assertIn('cinder-backup', found.reason)
        self.assertIsNone(listed.find('tempest.api.volume.test_volumes_get.VolumesGetTest'))

    def test_list_of_a_vendor_comes_first(self):
        text = 'skipped: [{test: Encrypted, reason: no licence, plan: buy one}]'
        self.assertEqual('no licence', self.load(text).find('x.TestEncrypted').reason)

    def test_exclude_list_is_what_stestr_reads(self):
        listed = self.load(_GOOD)
        self.file.write_text(listed.exclude_list())
        read = selection.exclusion_reader(str(self.file))
        self.assertEqual(r'a.b\.c', read[0][0].pattern)
        self.assertEqual('it is red. Plan: bug 1', read[0][1])
        tests = ['x.a.b.c[id-1]', 'x.a.bxc', 'tempest.api.volume.T.test_a[id-2]']
        self.assertEqual(
            set(tests[1:]), set(selection.construct_list(tests, exclude_list=str(self.file)))
        )

    def test_what_skips_itself_is_started(self):
        listed = self.load('skipped: [{test: a.b, reason: r, plan: p}]')
        self.assertNotIn('a.b', listed.exclude_list())
        self.assertIsNone(listed.not_started('a.b'))

    def test_each_damaged_list_is_one_clear_line(self):
        for text, told in (
            ('not_run: [', 'not valid YAML'),
            ('[]x', 'not valid YAML'),
            ('not_run: [{test: a, reason: b, plan: 2026-02-30}]', 'not valid YAML'),
            ('- a', 'has to be a mapping'),
            ('others: []', 'has to be a mapping'),
            ('not_run: a', 'has to be a list'),
            ('not_run: [a]', 'has to have test, reason and plan'),
            ('not_run: [{test: a, reason: b}]', 'has to have test, reason and plan'),
            ('not_run: [{test: a, reason: b, plan: ""}]', 'plan of an entry of not_run'),
            ('not_run: [{test: a, reason: 7, plan: c}]', 'reason of an entry of not_run'),
            ('not_run: [{test: a, reason: "b\\nc", plan: c}]', 'has to be one line'),
            ('not_run: [{test: "a#b", reason: b, plan: c}]', 'may not have a "#"'),
            ('skipped: [{test: "a(", reason: b, plan: c}]', 'no regular expression'),
        ):
            with self.subTest(text), self.assertRaises(SkipsError) as caught:
                self.load(text)
            self.assertIn(told, str(caught.exception))
            self.assertIn(str(self.file), str(caught.exception))

    def test_list_that_is_not_there(self):
        with self.assertRaisesRegex(SkipsError, "can't be read"):
            SkipList.load([self.file])
