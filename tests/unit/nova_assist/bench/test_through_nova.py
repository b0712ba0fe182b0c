# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.bench import nova_watch, stopwatch, timeline
from nova_assist.bench.calling import through_nova
from nova_assist.bench.moments import Moment


def seen(*pairs):
    return [Moment(what, '', at, {}) for what, at in pairs]


class ThroughNovaTest(unittest.TestCase):
    def test_each_moment_is_found_among_others(self):
        found = through_nova(
            seen(
                (stopwatch.DEED, 0.5),  # of an earlier operation
                (stopwatch.DEED, 1.1),
                (stopwatch.DEED, 1.2),
                (nova_watch.ASKED, 1.3),
                (nova_watch.CHANGED, 1.4),
                (nova_watch.REPORTED, 1.5),
                (stopwatch.DEED, 1.6),
                (stopwatch.DEED, 1.7),
            ),
            1.0,
        )
        self.assertEqual(
            {
                timeline.LAST_STEP: 1.2,
                timeline.ASKED: 1.3,
                timeline.CHANGED: 1.4,
                timeline.REPORTED: 1.5,
                timeline.GOES_ON: 1.6,
            },
            found,
        )

    def test_operation_without_nova_has_none(self):
        self.assertEqual({}, through_nova(seen((stopwatch.DEED, 1.1)), 1.0))

    def test_driver_that_does_nothing_afterwards_does_not_go_on(self):
        moments = through_nova(
            seen((nova_watch.ASKED, 1.1), (nova_watch.CHANGED, 1.2), (nova_watch.REPORTED, 1.3)),
            1.0,
        )
        self.assertNotIn(timeline.GOES_ON, moments)
        self.assertNotIn(timeline.LAST_STEP, moments)
