# SPDX-License-Identifier: Apache-2.0
"""Room on shares, beside what Cinder's scheduler makes of the same figures."""

import dataclasses
import unittest

try:
    from cinder.scheduler import sched_utils
except ImportError:  # before 2026.2
    from cinder import utils as sched_utils

from driver import capabilities
from driver.room import Limits, Room
from tests.unit.driver.builders import GIB

SHARE = Room(total=10 * GIB, free=5 * GIB, promised=0)
THIN = Limits(sparse=True, reserved=0.1, ratio=2.0)
THICK = dataclasses.replace(THIN, sparse=False)


def lack(limits, size, **changes):
    room = dataclasses.replace(SHARE, **{key: value * GIB for key, value in changes.items()})
    return limits.lack(room, size * GIB, limits.factor([room]))


class ThinTest(unittest.TestCase):
    def test_everything_but_the_reserve_is_promised_as_often_as_allowed(self):
        self.assertEqual('', lack(THIN, 18))
        self.assertEqual('has too much promised', lack(THIN, 19))
        self.assertEqual('', lack(THIN, 2, promised=16))
        self.assertEqual('has too much promised', lack(THIN, 3, promised=16))

    def test_share_with_nothing_free_but_its_reserve_is_full(self):
        self.assertEqual('is full', lack(THIN, 1, free=1))
        self.assertEqual('', lack(THIN, 1, free=2))

    def test_share_with_nothing_free_is_full_without_a_reserve(self):
        self.assertEqual('is full', lack(Limits(True, 0.0, 2.0), 1, free=0))


class ThickTest(unittest.TestCase):
    def test_volume_has_to_fit_into_what_is_free_beyond_the_reserve(self):
        self.assertEqual('', lack(THICK, 4))
        self.assertEqual('has not that much free', lack(THICK, 5))

    def test_nothing_is_promised_twice(self):
        self.assertEqual('', lack(THICK, 4, promised=5))
        self.assertEqual('has too much promised', lack(THICK, 4, promised=6))


class SchedulerTest(unittest.TestCase):
    """With one share the scheduler, as it sees the report, decides as the driver does.

    But for volumes that are not sparse: the scheduler lets them into the reserve.
    """

    def assert_agreed(self, limits, room):
        told = capabilities.report([room], limits)
        ratio = sched_utils.calculate_max_over_subscription_ratio(told, '20.0')
        self.assertAlmostEqual(limits.factor([room]), ratio)
        for size in range(1, 40):
            available = sched_utils.calculate_virtual_free_capacity(
                told['total_capacity_gb'],
                told['free_capacity_gb'],
                told['provisioned_capacity_gb'],
                told['thin_provisioning_support'],
                ratio,
                told['reserved_percentage'],
                True,
            )
            with self.subTest(limits=limits, room=room, size=size):
                fits = not limits.lack(room, size * GIB, limits.factor([room]))
                reserve = limits.reserved * told['total_capacity_gb']
                within = limits.sparse or told['free_capacity_gb'] >= reserve + size
                self.assertEqual(available >= size and within, fits)

    def test_same_figures_same_answer(self):
        for ratio in (1.0, 1.5, 2.0, None):
            for sparse in (True, False):
                for promised in (0, 3, 7, 12):
                    room = dataclasses.replace(SHARE, promised=promised * GIB)
                    self.assert_agreed(Limits(sparse, 0.1, ratio), room)
