# SPDX-License-Identifier: Apache-2.0
"""Whether the results of a tempest run are read as they are."""

import datetime
import io
import unittest

import subunit

from nova_assist.ci import results

BEGAN = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
CLASS = 'tempest.api.volume.test_volumes_clone.VolumesCloneTest'


class ReadTest(unittest.TestCase):
    def setUp(self):
        self.stream = io.BytesIO()
        self.out = subunit.StreamResultToBytes(self.stream)
        self.heard = []

    def say(self, name, status, seconds=0, **details):
        """Write what tempest writes of one test."""
        self.out.status(test_id=name, test_status='inprogress', timestamp=BEGAN)
        for key, text in details.items():
            self.out.status(
                test_id=name,
                file_name=key,
                file_bytes=text.encode(),
                mime_type='text/plain; charset=utf8',
                eof=True,
            )
        ended = BEGAN + datetime.timedelta(seconds=seconds)
        self.out.status(test_id=name, test_status=status, timestamp=ended)

    def read(self):
        self.stream.seek(0)
        return results.read(self.stream, self.heard.append)

    def test_test_that_passed_has_its_name_without_ids_and_its_seconds(self):
        self.say(f'{CLASS}.test_create_from_volume[id-9adae371]', 'success', 3)
        (found,) = self.read()
        self.assertEqual(f'{CLASS}.test_create_from_volume', found.name)
        self.assertEqual(('passed', 3.0, ''), (found.verdict, found.seconds, found.told))
        self.assertEqual(CLASS, found.group)
        self.assertEqual([found], self.heard)

    def test_test_that_failed_tells_its_traceback(self):
        self.say(f'{CLASS}.test_a', 'fail', traceback='AssertionError: 1 != 2', log='long')
        (found,) = self.read()
        self.assertEqual(('failed', 'AssertionError: 1 != 2'), (found.verdict, found.told))

    def test_test_that_was_skipped_tells_the_reason(self):
        self.say(f'{CLASS}.test_a', 'skip', reason='no backup service')
        (found,) = self.read()
        self.assertEqual(('skipped', 'no backup service'), (found.verdict, found.told))

    def test_class_that_was_skipped_is_one_result(self):
        self.say(f'setUpClass ({CLASS})', 'skip', reason='clones are disabled')
        (found,) = self.read()
        self.assertEqual((CLASS, CLASS, 'skipped'), (found.name, found.group, found.verdict))

    def test_class_that_could_not_be_set_up_has_failed(self):
        self.say(f'setUpClass ({CLASS})', 'fail', traceback='Unauthorized')
        (found,) = self.read()
        self.assertEqual(
            (CLASS, 'failed', 'Unauthorized'), (found.name, found.verdict, found.told)
        )

    def test_test_that_never_ended_has_failed(self):
        self.out.status(test_id=f'{CLASS}.test_a', test_status='inprogress', timestamp=BEGAN)
        (found,) = self.read()
        self.assertEqual('failed', found.verdict)

    def test_test_that_is_only_listed_is_no_result(self):
        self.out.status(test_id=f'{CLASS}.test_a', test_status='exists')
        self.say(f'{CLASS}.test_b', 'success')
        self.assertEqual([f'{CLASS}.test_b'], [each.name for each in self.read()])

    def test_worker_that_died_has_failed(self):
        self.say(f'{CLASS}.test_a', 'success')
        self.say('process-returncode', 'fail', traceback='returned a non-zero exit status')
        self.assertEqual(['passed', 'failed'], [each.verdict for each in self.read()])

    def test_worker_s_own_words_are_no_test(self):
        self.stream.write(b'a warning of some library\n')
        self.assertEqual([], self.read())
