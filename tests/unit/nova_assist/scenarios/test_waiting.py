# SPDX-License-Identifier: Apache-2.0
"""Waiting has an end."""

import threading
import unittest

from nova_assist.scenarios.errors import Interrupted, StepFailed
from nova_assist.scenarios.waiting import Patience


class PatienceTest(unittest.TestCase):
    def setUp(self):
        self.stop = threading.Event()
        self.patience = Patience(self.stop)

    def test_what_comes_is_returned(self):
        answers = iter([None, None, 'here'])
        self.assertEqual('here', self.patience.wait('it', lambda: next(answers)))

    def test_what_never_comes_fails_the_step(self):
        self.patience.seconds = 0.0
        with self.assertRaisesRegex(StepFailed, 'the guest switching did not happen within 0 s'):
            self.patience.wait('the guest switching', lambda: None)

    def test_stopping_the_run_ends_the_wait(self):
        self.stop.set()
        with self.assertRaises(Interrupted):
            self.patience.wait('it', lambda: None)

    def test_stopping_the_run_ends_the_removal_of_what_goes_with_the_cloud(self):
        self.stop.set()
        self.assertTrue(self.patience.clean_up(hurried=False))
        with self.assertRaises(Interrupted):
            self.patience.wait('it', lambda: None)

    def test_what_is_in_a_cloud_that_stays_is_removed_even_when_the_run_is_stopped(self):
        answers = iter([None, 'gone'])
        patience = Patience(self.stop, interval=0, tidy=True)
        self.stop.set()
        self.assertTrue(patience.clean_up(hurried=False))
        self.assertEqual('gone', patience.wait('it', lambda: next(answers)))
