# SPDX-License-Identifier: Apache-2.0
"""Scenarios of several stories are run in two clouds, of which nothing is left."""

import json
import os
import signal
import unittest

from nova_assist import client
from tests.functional.command_case import CommandCase

_two_processors = unittest.skipIf(len(os.sched_getaffinity(0)) < 2, 'one processor has one cloud')
_TWO = ('--scenario', 'offline-chain', '--scenario', 'mixed')


class TwoCloudsTest(CommandCase):
    def logs(self):
        report = json.loads((self.report / 'report.json').read_text())
        return {name: (self.report / place).read_text() for name, place in report['logs'].items()}

    @_two_processors
    def test_every_other_story_has_the_second_one(self):
        with self.start('run', '--scenario', 'offline-chain', '--scenario', 'retype') as run:
            _, said = run.communicate(timeout=300)
        self.assertEqual(0, run.returncode, said)
        self.assertEqual([], os.listdir(self.temporary))
        logs = self.logs()
        for name in ('log/cinder.log', 'second/log/cinder.log'):
            self.assertIn('POST /v3/snapshots', logs[name])

    def test_one_story_has_one(self):
        with self.start('run', '--scenario', 'damaged-record') as run:
            _, said = run.communicate(timeout=300)
        self.assertEqual(0, run.returncode, said)
        self.assertEqual(['log/cinder.log', 'log/compute.log'], sorted(self.logs()))

    @_two_processors
    def test_interrupt_while_the_second_one_starts_leaves_nothing(self):
        with self.start('run', *_TWO) as run:
            second = client.poll(lambda: self.found('*/second'), bool, 120)
            self.assertTrue(second, 'the second cloud starts')
            run.send_signal(signal.SIGINT)
            _, said = run.communicate(timeout=120)
        self.assertEqual(130, run.returncode, said)
        self.assertEqual([], os.listdir(self.temporary))

    @_two_processors
    def test_interrupt_while_the_second_one_hangs_at_its_start_ends_that(self):
        driver = 'tests.functional.slow_drivers.HangsOnceDriver'
        with self.start('run', '--driver', driver, *_TWO) as run:
            self.assertTrue(client.poll(lambda: self.found('**/hangs'), bool, 120), 'it hangs')
            run.send_signal(signal.SIGINT)
            # Sooner than a start is given up by itself.
            _, said = run.communicate(timeout=150)
        self.assertEqual(130, run.returncode, said)
        self.assertEqual([], os.listdir(self.temporary))

    @_two_processors
    def test_kill_leaves_nothing_of_both(self):
        with self.start('run', *_TWO) as run:
            self.assertTrue(
                client.poll(lambda: self.found('*/second/**/volume-*'), bool, 120), 'both play'
            )
            run.kill()
        left = client.poll(lambda: os.listdir(self.temporary), lambda found: not found, 60)
        self.assertEqual([], left)

    @_two_processors
    def test_second_one_that_does_not_start_is_told_and_nothing_is_left(self):
        driver = 'tests.functional.slow_drivers.StartsOnceDriver'
        with self.start('run', '--driver', driver, *_TWO) as run:
            _, said = run.communicate(timeout=300)
        self.assertEqual(2, run.returncode, said)
        self.assertIn('one is enough', said)
        self.assertEqual([], os.listdir(self.temporary))
