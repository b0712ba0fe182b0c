# SPDX-License-Identifier: Apache-2.0
"""Recordings are kept as they are, and what differs is told, unless it is meant to be."""

import pathlib
import tempfile
import unittest

from tests.traffic.recording import Accepted, Recording, Step, differences, needless

CALL = {
    'from': 'nova',
    'call': 'GET /volumes/volume-1',
    'body': {'connector': {'host': 'host-1', 'ip': 'address-1'}},
    'status': 200,
}


def steps(*calls, files=None):
    return [Step('attached', calls, files or {})]


class RecordingTest(unittest.TestCase):
    def test_saved_one_is_read_as_it_was(self):
        record = {'active': 'volume-1', 'snapshot-1': 'volume-1.snapshot-1'}
        files = {'volume-1': 'raw, 1 GiB', 'volume-1.info': record}
        recording = Recording({'nova': '33.0.2'}, steps({**CALL, 'files': files}, files=files))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, 'new', 'a.yaml')
            recording.save(path)
            read = Recording.load(path)
        self.assertEqual(recording.versions, read.versions)
        self.assertEqual([], differences(recording.steps, read.steps, []))


class DifferencesTest(unittest.TestCase):
    def one(self, expected, found, *accepted):
        (text,) = differences(expected, found, accepted)
        return text

    def test_equal_ones_have_none(self):
        self.assertEqual([], differences(steps(CALL), steps(dict(CALL)), []))

    def test_missing_call_is_told_with_its_step(self):
        text = self.one(steps(CALL), steps())
        self.assertIn('step "attached"', text)
        self.assertIn('-  call: GET /volumes/volume-1', text)

    def test_further_call_is_told(self):
        self.assertIn('+  call: GET /volumes/volume-1', self.one(steps(), steps(CALL)))

    def test_other_status_is_told(self):
        text = self.one(steps(CALL), steps({**CALL, 'status': 404}))
        self.assertIn('-  status: 200\n+  status: 404', text)

    def test_other_file_is_told(self):
        text = self.one(steps(files={'volume-1': 'raw'}), steps(files={'volume-1': 'qcow2'}))
        self.assertIn('+  volume-1: qcow2', text)

    def test_accepted_field_is_not_compared_and_others_are(self):
        accepted = Accepted('nova GET /volumes/.*', 'a reason', field='body.connector.ip')
        other = {**CALL, 'body': {'connector': {'host': 'host-1', 'ip': 'address-2'}}}
        self.assertEqual([], differences(steps(CALL), steps(other), [accepted]))
        other['body']['connector']['host'] = 'host-2'
        self.assertIn('host-2', self.one(steps(CALL), steps(other), accepted))

    def test_accepted_call_is_not_compared_in_its_step_alone(self):
        accepted = Accepted('nova GET .*', 'a reason', step='attached')
        self.assertEqual([], differences(steps(CALL), steps(), [accepted]))
        accepted = Accepted('nova GET .*', 'a reason', step='another')
        self.assertTrue(self.one(steps(CALL), steps(), accepted))


class NeedlessTest(unittest.TestCase):
    def test_accepted_difference_that_is_not_there_is_told(self):
        there = Accepted('nova GET .*', 'a reason', field='status')
        gone = Accepted('nova POST .*', 'a reason')
        chance = Accepted('nova PUT .*', 'a reason', by_chance=True)
        expected, found = steps(CALL), steps({**CALL, 'status': 404})
        self.assertEqual([gone], needless(expected, found, [there, gone, chance]))
