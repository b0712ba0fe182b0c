# SPDX-License-Identifier: Apache-2.0
"""Which of two clouds has what."""

import threading
import unittest
from concurrent.futures import Future

from nova_assist.scenarios.errors import Interrupted
from nova_assist.scenarios.paired import PairedTestbed


class FakeTestbed:
    """Tells what it was asked for."""

    def __init__(self, name):
        self.name = name
        self.why_ended = ''

    def ended(self):
        return self.why_ended

    def judges(self, formats, stop):
        return (self.name, formats)

    def ownership(self, image_format):
        return (self.name, image_format)

    def prepare(self, scenario, formats, rng, stop):
        return (self.name, scenario, formats)


class PairedTest(unittest.TestCase):
    def setUp(self):
        self.first, self.second = FakeTestbed('first'), FakeTestbed('second')
        self.starting, self.stop = Future(), threading.Event()
        self.pair = PairedTestbed(self.first, 'qcow2', self.starting)

    def test_each_format_has_its_cloud_and_what_moves_stays_in_that(self):
        self.starting.set_result(self.second)
        for formats, name in (
            (('raw',), 'first'),
            (('raw', 'qcow2'), 'first'),
            (('qcow2',), 'second'),
            (('qcow2', 'raw'), 'second'),
        ):
            with self.subTest(formats):
                self.assertEqual((name, 's', formats), self.pair.prepare('s', formats, None, None))
                self.assertEqual((name, formats), self.pair.judges(formats, self.stop))
                self.assertEqual((name, formats[0]), self.pair.ownership(formats[0]))
                self.assertEqual({formats[0]}, self.pair.lanes(formats))

    def test_nobody_waits_for_the_second_one_who_does_not_need_it(self):
        self.pair.prepare('s', ('raw', 'qcow2'), None, None)
        self.pair.judges(('raw', 'qcow2'), self.stop)
        self.assertEqual('', self.pair.ended())

    def test_who_waits_for_the_second_one_gives_up_when_the_run_is_stopped(self):
        self.stop.set()
        with self.assertRaisesRegex(Interrupted, 'second cloud'):
            self.pair.judges(('qcow2',), self.stop)

    def test_who_waits_for_the_second_one_is_told_why_it_does_not_come(self):
        self.starting.set_exception(OSError('no room'))
        with self.assertRaisesRegex(OSError, 'no room'):
            self.pair.judges(('qcow2',), self.stop)
        self.assertEqual('', self.pair.ended())

    def test_end_of_either_is_told(self):
        self.assertEqual('', self.pair.ended())
        self.starting.set_result(self.second)
        self.second.why_ended = 'the second has'
        self.assertEqual('the second has', self.pair.ended())
        self.first.why_ended = 'the first has'
        self.assertEqual('the first has', self.pair.ended())
