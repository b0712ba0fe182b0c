# SPDX-License-Identifier: Apache-2.0
import pathlib
import tempfile
import threading
import unittest
from unittest import mock

from nova_assist.bench import moments
from nova_assist.bench.errors import BenchError
from nova_assist.bench.moments import Notes, Watch


class MomentsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, 'moments')
        self.watch = Watch(self.path)
        self.notes = Notes(self.path)

    def test_what_is_noted_is_seen_with_its_figures(self):
        self.notes.note('ended', 'a', seconds=1.5)
        (moment,) = self.watch.seen()
        self.assertEqual(
            ('ended', 'a', 1.5), (moment.what, moment.subject, moment.details['seconds'])
        )

    def test_what_was_noted_before_is_passed_over(self):
        self.notes.note('ended', 'a')
        self.watch.forget()
        self.notes.note('ended', 'b')
        self.assertEqual(['b'], [moment.subject for moment in self.watch.seen()])

    def test_half_a_line_is_read_when_it_is_whole(self):
        with self.path.open('a') as file:
            file.write('{"what": "ended", "subject": "a", ')
            file.flush()
            self.assertEqual([], self.watch.seen())
            file.write('"at": 1.0, "details": {}}\n')
        self.assertEqual(1, len(self.watch.seen()))

    def test_moments_of_several_processes_come_in_the_order_of_time(self):
        other = Notes(self.path)
        for notes, subject in ((self.notes, 'a'), (other, 'b'), (self.notes, 'c')):
            notes.note('ended', subject)
        self.assertEqual(['a', 'b', 'c'], [moment.subject for moment in self.watch.seen()])

    def test_wait_ends_when_it_is_noted(self):
        threading.Timer(0.05, self.notes.note, ('ended', 'a')).start()
        self.assertEqual('a', self.watch.until('ended', 'a', 10).subject)

    def test_wait_for_what_does_not_come_ends_with_its_name(self):
        with self.assertRaisesRegex(BenchError, '"ended" was not seen of a'):
            self.watch.until('ended', 'a', 0.05)

    def test_wait_ends_with_the_process_that_would_note_it(self):
        def gone():
            raise BenchError('it is gone')

        with self.assertRaisesRegex(BenchError, 'it is gone'):
            self.watch.until('ended', 'a', 10, gone)

    def test_process_without_the_variable_notes_nothing(self):
        with mock.patch.dict('os.environ'):
            moments.os.environ.pop(moments.VARIABLE, None)
            self.assertIsNone(Notes.named())
