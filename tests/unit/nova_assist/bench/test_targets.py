# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.bench import targets, timeline
from nova_assist.bench.results import CONTROL, DRIVER, FLOOR, Curve, Operation, Results
from nova_assist.bench.samples import Figure
from nova_assist.bench.subject import Timed
from nova_assist.bench.targets import Outcome, Target, Verdict


class VerdictTest(unittest.TestCase):
    def verdict(self, value, low, high, *, least=False, floor=None):
        target = Target('t', 1.0, '', lambda results: None, least)
        return Outcome(target, Figure(value, low, high), floor).verdict

    def test_figure_at_the_limit_meets_it(self):
        self.assertIs(Verdict.MET, self.verdict(1.0, 0.5, 2.0))
        self.assertIs(Verdict.MET, self.verdict(1.0, 0.5, 2.0, least=True))

    def test_figure_beyond_the_limit_whose_spread_reaches_it_is_unclear(self):
        self.assertIs(Verdict.UNCLEAR, self.verdict(1.2, 0.9, 1.5))
        self.assertIs(Verdict.UNCLEAR, self.verdict(0.8, 0.5, 1.1, least=True))

    def test_figure_whose_spread_lies_beyond_the_limit_is_missed(self):
        self.assertIs(Verdict.MISSED, self.verdict(1.2, 1.1, 1.5))
        self.assertIs(Verdict.MISSED, self.verdict(0.8, 0.5, 0.9, least=True))

    def test_target_that_the_floor_is_beyond_is_forbidden(self):
        for floor, verdict in (
            (Figure(1.1, 1.05, 1.15), Verdict.FORBIDDEN),
            (Figure(1.1, 0.9, 1.15), Verdict.MISSED),
            (Figure(0.5, 0.4, 0.6), Verdict.MISSED),
        ):
            with self.subTest(floor):
                self.assertIs(verdict, self.verdict(1.2, 1.1, 1.5, floor=floor))
        few = Figure(0.7, 0.6, 0.8)
        self.assertIs(Verdict.FORBIDDEN, self.verdict(0.5, 0.4, 0.6, least=True, floor=few))
        self.assertIs(Verdict.MET, self.verdict(0.9, 0.8, 1.5, floor=Figure(2.0, 2.0, 2.0)))

    def test_one_missed_target_is_enough(self):
        target = Target('t', 1.0, '', lambda results: None)
        met, missed = (Outcome(target, Figure(x, x, x)) for x in (0.5, 1.5))
        forbidden = Outcome(target, missed.figure, missed.figure)
        unknown = Outcome(target, None)
        self.assertFalse(targets.missed([met, forbidden, unknown]))
        self.assertTrue(targets.missed([met, missed, unknown]))


class OutcomesTest(unittest.TestCase):
    def outcome(self, results, words):
        (found,) = [each for each in targets.outcomes(results) if words in each.target.what]
        return found

    def results(self, **given):
        return Results({DRIVER: 'd', CONTROL: 'c'}, 'raw', 2, **given)

    def operation(self, name, driver, control, floor=0.0, **more):
        return Operation(
            name,
            name,
            {
                subject: [Timed(seconds, seconds, **more)] * 3
                for subject, seconds in ((DRIVER, driver), (CONTROL, control), (FLOOR, floor))
            },
        )

    def test_nothing_measured_is_told_and_not_missed(self):
        found = targets.outcomes(self.results())
        self.assertEqual({Verdict.UNKNOWN}, {each.verdict for each in found})
        self.assertFalse(targets.missed(found))

    def test_offline_create_is_compared_with_the_control(self):
        for seconds, verdict in ((0.2, Verdict.MET), (0.3, Verdict.MISSED)):
            with self.subTest(seconds):
                operation = self.operation('create-offline', seconds, 1.0, processes=1)
                found = self.outcome(self.results(operations=[operation]), 'offline create, in')
                self.assertIs(verdict, found.verdict)

    def test_more_than_one_question_a_second_in_a_long_merge_are_too_many(self):
        for rate, verdict in ((1.0, Verdict.MET), (1.1, Verdict.MISSED)):
            with self.subTest(rate):
                curve = Curve('questions', '', '', '', {DRIVER: {10: [1.4], 20: [rate]}})
                found = self.outcome(self.results(curves=[curve]), 'questions a second')
                self.assertIs(verdict, found.verdict)

    def test_second_process_of_an_offline_create_is_one_too_many(self):
        for count, verdict in ((1, Verdict.MET), (2, Verdict.MISSED)):
            with self.subTest(count):
                operation = self.operation('create-offline', 0.1, 1.0, processes=count)
                found = self.outcome(self.results(operations=[operation]), 'processes')
                self.assertIs(verdict, found.verdict)

    def test_online_create_is_held_against_the_floor(self):
        moments = {timeline.REPORTED: 0.2, timeline.GOES_ON: 0.35}
        operation = self.operation('create-online', 0.45, 1.5, 0.25, moments=moments)
        results = self.results(operations=[operation])
        self.assertIs(Verdict.MET, self.outcome(results, 'above the floor').verdict)
        noticing = self.outcome(results, 'noticing')
        self.assertAlmostEqual(0.15, noticing.figure.value)
        self.assertIs(Verdict.MISSED, noticing.verdict)

    def test_driver_that_does_not_go_through_nova_has_nothing_to_notice(self):
        results = self.results(operations=[self.operation('create-online', 0.2, 1.5, 0.1)])
        self.assertIs(Verdict.UNKNOWN, self.outcome(results, 'noticing').verdict)

    def test_growth_compares_a_driver_with_itself(self):
        for deep, verdict in ((1.2, Verdict.MET), (2.0, Verdict.MISSED)):
            with self.subTest(deep):
                points = {DRIVER: {1: [1.0] * 3, 100: [deep] * 3}, CONTROL: {1: [9.0], 100: [9.0]}}
                curve = Curve('depth-create', '', '', '', points)
                found = self.outcome(self.results(curves=[curve]), 'create at depth 100')
                self.assertIs(verdict, found.verdict)

    def test_what_cinder_takes_by_itself_can_forbid_a_throughput(self):
        points = {DRIVER: {32: [3.0] * 3}, CONTROL: {32: [2.0] * 3}, FLOOR: {32: [6.0] * 3}}
        curve = Curve('at-once', '', '', '', points)
        found = self.outcome(self.results(curves=[curve]), '32 online snapshots')
        self.assertIs(Verdict.FORBIDDEN, found.verdict)
        self.assertEqual(3.0, found.floor.value)

    def test_growth_is_forbidden_only_by_what_the_floor_grows_by(self):
        for deep, floor, verdict in (
            (2.0, 0.9, Verdict.FORBIDDEN),  # a driver of 1.0 comes to 1.8 in the best case
            (2.0, 0.2, Verdict.MISSED),
            (9.0, 0.4, Verdict.MISSED),  # though the floor is four times what it was
        ):
            with self.subTest(deep=deep, floor=floor):
                points = {
                    DRIVER: {1: [1.0] * 3, 100: [deep] * 3},
                    FLOOR: {1: [0.1] * 3, 100: [floor] * 3},
                }
                curve = Curve('depth-delete', '', '', '', points)
                found = self.outcome(self.results(curves=[curve]), 'delete at depth 100,')
                self.assertIs(verdict, found.verdict)

    def test_throughput_is_to_be_four_times_the_controls(self):
        for ours, verdict in ((8.0, Verdict.MET), (7.0, Verdict.MISSED)):
            with self.subTest(ours):
                points = {DRIVER: {32: [ours] * 3}, CONTROL: {32: [2.0] * 3}}
                curve = Curve('at-once', '', '', '', points)
                found = self.outcome(self.results(curves=[curve]), '32 online snapshots')
                self.assertIs(verdict, found.verdict)

    def test_merge_that_takes_longer_than_qemu_img_has_less_bandwidth(self):
        for ours, verdict in ((1.1, Verdict.MET), (1.2, Verdict.MISSED)):
            with self.subTest(ours):
                size = 4 << 30
                points = {DRIVER: {size: [ours] * 3}, FLOOR: {size: [1.0] * 3}}
                curve = Curve('merge', '', '', '', points)
                found = self.outcome(self.results(curves=[curve]), 'bandwidth')
                self.assertIs(verdict, found.verdict)

    def test_minute_of_a_run_is_a_limit(self):
        for seconds, verdict in ((59.0, Verdict.MET), (61.0, Verdict.MISSED)):
            with self.subTest(seconds):
                found = self.outcome(self.results(run_seconds=[seconds] * 2), 'nova-assist run')
                self.assertIs(verdict, found.verdict)
