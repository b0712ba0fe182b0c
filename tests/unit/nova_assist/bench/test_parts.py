# SPDX-License-Identifier: Apache-2.0
"""The parts of a bench, with subjects that take as long as they are told to."""

import contextlib
import pathlib
import unittest

from nova_assist.bench.errors import BenchError
from nova_assist.bench.parts import (
    at_once,
    depth,
    long_merge,
    merge,
    operations,
    snapshots,
    volumes,
)
from nova_assist.bench.results import CONTROL, DRIVER, FLOOR, Results
from nova_assist.bench.turns import Turns, take_turns
from tests.unit.nova_assist.bench.fakes import FakeDriver


class PartsTest(unittest.TestCase):
    def setUp(self):
        self.log = []
        self.driver = FakeDriver(1.0, self.log)
        self.control = FakeDriver(3.0, self.log)
        self.floor = FakeDriver(0.5, self.log)
        self.results = Results({DRIVER: 'd', CONTROL: 'c'}, 'raw', 2)
        self.turns = Turns(
            {DRIVER: self.driver, CONTROL: self.control},
            {FLOOR: self.floor},
            2,
            lambda words: None,
            pathlib.Path(),
            self.start,
        )

    def start(self, driver):
        self.assertEqual(at_once.LEAST, driver)
        self.least = FakeDriver(0.25)
        return contextlib.nullcontext(self.least)

    def tearDown(self):
        for subject in self.turns.subjects.values():
            self.assertEqual([], subject.left)

    def test_subjects_take_turns_and_the_first_round_does_not_count(self):
        with self.turns.volumes() as made:
            found = take_turns(
                self.turns.subjects,
                self.turns.rounds,
                lambda name, subject: {'create': subject.create_snapshot(made[name])[1].driver},
            )
        self.assertEqual(['create'], list(found))
        self.assertEqual(
            {DRIVER: [2.0, 3.0], CONTROL: [6.0, 9.0], FLOOR: [1.0, 1.5]}, found['create']
        )
        order = [subject for subject, _ in self.log]
        driver, control, floor = self.driver, self.control, self.floor
        self.assertEqual(
            [driver, control, floor, control, floor, driver, floor, driver, control], order
        )

    def test_snapshots_are_measured_offline_and_online(self):
        snapshots.measure(self.turns, self.results)
        self.assertEqual(
            [
                f'{name}-{kind}'
                for kind in ('offline', 'online')
                for name in ('create', 'delete-older', 'delete-newest')
            ],
            [each.name for each in self.results.operations],
        )
        create = self.results.operation('create-offline')
        self.assertEqual([1.0, 1.0], create.inside(DRIVER))
        self.assertEqual([6.0, 6.0], create.whole(CONTROL))
        self.assertEqual(1, self.log.count((self.driver, 'attach')))

    def test_chain_grows_to_each_depth_and_stays_there(self):
        depth.measure(self.turns, self.results)
        create = self.results.curve('depth-create')
        self.assertEqual({n: [n * 1.0] * 2 for n in depth.DEPTHS}, create.points[DRIVER])
        oldest = self.results.curve('depth-delete-oldest')
        self.assertEqual({n: [n * 3.0] * 2 for n in depth.DEPTHS}, oldest.points[CONTROL])
        self.assertAlmostEqual(1.0, create.slopes()[DRIVER])
        for name in ('delete-deep', 'delete-written-deep'):
            self.assertEqual([10.0, 10.0], self.results.operation(name).inside(DRIVER))
        self.assertEqual([1 << 20] * 3 * len(depth.DEPTHS), self.driver.sizes)

    def test_snapshots_at_once_are_counted_by_the_second(self):
        at_once.measure(self.turns, self.results)
        found = self.results.curve(at_once.NAME).points
        self.assertEqual({n: [1.0, 1.0] for n in at_once.COUNTS}, found[DRIVER])
        deleted = self.results.curve(at_once.DELETED).points
        self.assertEqual({n: [0.5, 0.5] for n in at_once.COUNTS}, deleted[DRIVER])
        self.assertEqual({n: [4.0, 4.0] for n in at_once.COUNTS}, found[FLOOR])
        self.assertEqual([], self.least.left)

    def test_questions_in_a_long_merge_are_counted_by_the_second(self):
        long_merge.measure(self.turns, self.results)
        found = self.results.curve(long_merge.NAME).points
        self.assertEqual({age: [1.0] for age in long_merge.AGES}, found[DRIVER])
        self.assertEqual([0.3], found[CONTROL][20])

    def test_what_a_driver_refuses_is_not_asked_of_it_again(self):
        self.control.refuses = ('clone',)
        operations.measure(self.turns, self.results)
        self.assertEqual(
            [
                *('make', 'extend-offline', 'copy', 'revert', 'clone-offline', 'delete'),
                *('extend-online', 'clone-online'),
            ],
            [each.name for each in self.results.operations],
        )
        self.assertEqual({CONTROL: 'no clone'}, self.results.refused['online: clone a volume'])
        clone = self.results.operation('clone-online').samples
        self.assertEqual([DRIVER], list(clone))
        self.assertEqual([12.0, 12.0], self.results.operation('extend-online').inside(CONTROL))
        self.assertEqual([5.0, 5.0], self.results.operation('revert').inside(DRIVER))
        (refused,) = self.control.left
        self.control.remove(refused)

    def test_driver_that_tells_that_it_does_not_extend_is_not_asked_to(self):
        self.control.refuses = ('extend',)
        operations.measure(self.turns, self.results)
        found = self.results.operation('extend-online').samples
        self.assertEqual([DRIVER], list(found))
        (reason,) = self.results.refused['online: extend a volume by 1 GiB'].values()
        self.assertIn('online_extend_support', reason)
        (refused,) = self.control.left
        self.control.remove(refused)

    def test_what_has_worked_once_has_to_work(self):
        real = self.driver.clone

        def clone(volume):
            if self.results.refused:
                self.driver.refuses = ('clone',) if self.driver.log.count('cloned') else ()
                self.driver.log.append('cloned')
            return real(volume)

        self.driver.clone = clone
        with self.assertRaisesRegex(BenchError, 'no clone'):
            operations.measure(self.turns, self.results)
        self.driver.remove(self.driver.left[0])

    def test_each_driver_has_as_many_volumes_as_are_told(self):
        volumes.measure(self.turns, self.results)
        found = self.results.curve(volumes.NAME).points
        self.assertEqual({n: [n * 1.0] * 2 for n in volumes.COUNTS}, found[DRIVER])
        self.assertEqual({n: [0.5] * 2 for n in volumes.COUNTS}, found[FLOOR])
        driver = (self.driver, 'capacity')
        control, floor = (self.control, 'capacity'), (self.control, 'bare sums')
        told = [each for each in self.log if each in (driver, control, floor)]
        turns = [driver, control, floor, control, floor, driver, floor, driver, control]
        self.assertEqual(turns * len(volumes.COUNTS), told)

    def test_overlay_has_its_size_before_it_is_merged(self):
        merge.measure(self.turns, self.results)
        self.assertEqual([size for size in merge.SIZES for _ in range(3)], self.driver.sizes)
        self.assertEqual(
            {size: [1.0, 1.0] for size in merge.SIZES},
            self.results.curve(merge.NAME).points[DRIVER],
        )
