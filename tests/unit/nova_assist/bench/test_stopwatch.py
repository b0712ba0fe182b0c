# SPDX-License-Identifier: Apache-2.0
"""What is noted of a driver's calls, in a process of its own: audit hooks stay for ever."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from nova_assist.bench import moments, stopwatch
from nova_assist.bench.errors import BenchError

_ROOT = pathlib.Path(__file__).parents[4]

_CINDER = """
import os, pathlib, sqlalchemy, subprocess, sys, types
from nova_assist.bench import stopwatch

share = pathlib.Path(sys.argv[1])

class Driver:
    def create_snapshot(self, snapshot):
        (share / 'overlay').write_bytes(bytes(100_000))
        with (share / 'overlay').open('rb') as overlay:
            os.fsync(overlay.fileno())
        subprocess.run(['true'])
        subprocess.run(['true'])

    def delete_snapshot(self, snapshot):
        raise RuntimeError('not today')

    def get_volume_stats(self, refresh):
        if not refresh:
            raise ValueError

class Failing(Driver):
    def get_volume_stats(self, refresh):
        raise OSError('the share is gone')

driver = Driver()
stopwatch.install({'raw': driver, 'qcow2': Failing()}, share)
driver.create_snapshot(types.SimpleNamespace(id='s1'))
try:
    driver.delete_snapshot(types.SimpleNamespace(id='s1'))
except RuntimeError:
    pass
with sqlalchemy.create_engine('sqlite://').connect() as connection:
    for words in (
        'CREATE TABLE snapshots (id)',
        'CREATE TABLE snapshots_gone (id)',
        'INSERT INTO snapshots_gone SELECT id FROM snapshots',
        'SELECT id FROM snapshots_gone',
        'SELECT snapshots.id\\nFROM snapshots',
    ):
        connection.execute(sqlalchemy.text(words))
print('ready', flush=True)
sys.stdin.read()
"""


class StopwatchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # Longer than the address of a socket may be.
        self.folder = pathlib.Path(folder.name, 'x' * 120)
        self.folder.mkdir()
        self.watch = moments.Watch(self.folder / 'moments')
        cinder = subprocess.Popen(
            [sys.executable, '-c', _CINDER, folder.name],
            cwd=_ROOT,
            env={**os.environ, moments.VARIABLE: str(self.watch.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.addCleanup(cinder.communicate)
        self.assertEqual(b'ready\n', cinder.stdout.readline())

    def test_call_is_noted_with_its_processes_and_bytes(self):
        ended = self.watch.until('create_snapshot ended', 's1', 10)
        self.assertEqual(2, ended.details['processes'])
        self.assertGreater(ended.details['written'], 100_000)
        self.assertLess(ended.details['written'], 110_000)
        self.assertEqual(1, ended.details['syncs'])
        self.assertGreater(ended.details['syncing'], 0)
        self.assertLess(ended.details['syncing'], ended.details['seconds'])
        began = self.watch.until('create_snapshot began', 's1', 10)
        self.assertGreater(ended.details['seconds'], 0)
        self.assertGreater(ended.at, began.at)

    def test_call_that_fails_has_ended_too(self):
        ended = self.watch.until('delete_snapshot ended', 's1', 10)
        self.assertEqual(0, ended.details['processes'])

    def test_what_is_done_to_the_share_is_noted(self):
        deeds = [each.details['deed'] for each in self.watch.seen() if each.what == stopwatch.DEED]
        self.assertIn('open overlay', deeds)

    def test_question_about_snapshots_is_noted_and_no_other(self):
        questions = [each for each in self.watch.seen() if each.what == stopwatch.QUESTION]
        self.assertEqual(1, len(questions))

    def test_capacities_are_asked_for_again_and_again(self):
        for _ in range(3):
            seconds = stopwatch.capacity_seconds(self.watch.path, 'raw')
            self.assertGreaterEqual(seconds, 0)

    def test_driver_that_fails_to_tell_them_is_quoted_and_can_be_asked_again(self):
        for _ in range(2):
            with self.assertRaisesRegex(BenchError, 'OSError: the share is gone'):
                stopwatch.capacity_seconds(self.watch.path, 'qcow2')
        self.assertGreaterEqual(stopwatch.capacity_seconds(self.watch.path, 'raw'), 0)

    def test_nobody_there_to_ask_is_told(self):
        with tempfile.TemporaryDirectory() as other, self.assertRaisesRegex(BenchError, 'answer'):
            stopwatch.capacity_seconds(pathlib.Path(other, 'moments'), 'raw')
