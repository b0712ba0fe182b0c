# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import unittest

from nova_assist.compute.api.assisted import _REFUSALS
from nova_assist.compute.faults import ANSWERS, COURSES, EXTENSIONS, Fault, Faults


class FaultsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.faults = Faults()

    def test_each_fault_is_a_refusal_or_a_course_and_never_both(self) -> None:
        self.assertEqual(set(Fault), set(ANSWERS) ^ (set(COURSES) | set(EXTENSIONS)))

    def test_event_of_an_extension_meets_what_there_is_for_it(self) -> None:
        plan = self.faults.set('v', Fault.LATE_RESIZE, 1)
        self.assertIsNone(self.faults.course('v'))
        self.assertIs(self.faults.extension('v'), plan)
        self.faults.set('v', Fault.TWICE, 1)
        self.assertIsNone(self.faults.extension('v'))

    def test_each_refusal_has_an_answer_of_its_code(self) -> None:
        for fault, code in ANSWERS.items():
            with self.subTest(fault.value):
                self.assertEqual(_REFUSALS[code].code, code)

    def test_without_a_plan_everything_takes_its_course(self) -> None:
        self.assertIsNone(self.faults.refusal('v'))
        self.assertIsNone(self.faults.course('v'))
        self.assertIsNone(self.faults.plan('v'))

    def test_a_refusal_is_met_as_often_as_was_asked_for(self) -> None:
        plan = self.faults.set('v', Fault.ANSWERS_409, 2)
        met = [self.faults.refusal('v') for _ in range(3)]
        self.assertEqual(met, [Fault.ANSWERS_409, Fault.ANSWERS_409, None])
        self.assertEqual(plan.met, 2)

    def test_a_course_is_not_used_up_by_the_front_that_asks_for_refusals(self) -> None:
        plan = self.faults.set('v', Fault.SILENT, 1)
        self.assertIsNone(self.faults.refusal('v'))
        self.assertIs(self.faults.course('v'), plan)
        self.assertIsNone(self.faults.course('v'))

    def test_other_volumes_are_spared(self) -> None:
        self.faults.set('v', Fault.SILENT, 1)
        self.assertIsNone(self.faults.course('w'))

    def test_what_is_lifted_is_met_no_more_and_still_known(self) -> None:
        plan = self.faults.set('v', Fault.SILENT, 5)
        self.faults.lift('v')
        self.assertIsNone(self.faults.course('v'))
        self.assertIs(self.faults.plan('v'), plan)

    def test_a_request_is_held_until_the_fault_is_lifted_or_replaced(self) -> None:
        async def play() -> list[int]:
            plan = self.faults.set('v', Fault.LATE_WORK, 1)
            held = asyncio.create_task(plan.hold())
            await asyncio.sleep(0)
            before = plan.held
            self.faults.set('v', Fault.SILENT, 1)
            await held
            return [before, plan.held]

        self.assertEqual(asyncio.run(play()), [1, 0])
