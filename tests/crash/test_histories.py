# SPDX-License-Identifier: Apache-2.0
"""Random histories: a few by default, as many as ``NOVA_ASSIST_HISTORIES`` says otherwise.

``NOVA_ASSIST_SEED`` chooses others. A failure is shrunk to few steps, told in words and as the
calls that repeat it; those can be kept in :class:`KeptTest`.
"""

import os
import unittest

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.internal.conjecture import engine
from hypothesis.stateful import run_state_machine_as_test

from nova_assist.scenarios.errors import StepEnded
from tests.crash import machine
from tests.crash.house import House
from tests.judged import OURS

_COUNT = 'NOVA_ASSIST_HISTORIES'
_SEED = 'NOVA_ASSIST_SEED'
_FEW = 4
_STEPS = 10

#: Seconds for shrinking, each try of which is played in the cloud.
_SHRINKING = 150


def play(kind, house, count, seed, steps=_STEPS, shrinking=_SHRINKING):
    """Play random histories in a house; the shortest found of those that fail is raised.

    :raises StepEnded: one has failed; its notes tell the seed, the steps, and the calls
    """
    chosen = hypothesis.seed(seed)(machine.in_house(kind, house))
    # The engine has no option for it, and would go on for five minutes, as it says even so.
    longest, engine.MAX_SHRINKING_SECONDS = engine.MAX_SHRINKING_SECONDS, shrinking
    try:
        run_state_machine_as_test(
            chosen,
            settings=hypothesis.settings(
                max_examples=count,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                phases=(Phase.generate, Phase.shrink),
                report_multiple_bugs=False,
                print_blob=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
    except BaseException as error:
        said = ''.join(f'\n  {number}. {step}' for number, step in enumerate(chosen.told, 1))
        found = f'{_SEED}={seed} {_COUNT}={count}, the shortest history found:{said}'
        error.__notes__ = [*getattr(error, '__notes__', ()), found]  # add_note, of Python 3.11
        raise
    finally:
        engine.MAX_SHRINKING_SECONDS = longest


class HistoriesTest(unittest.TestCase):
    def play(self, kind):
        with House(OURS) as house:
            count, seed = os.environ.get(_COUNT, _FEW), os.environ.get(_SEED, 1)
            play(kind, house, int(count), int(seed))

    def test_random_histories_with_crashes_between_operations(self):
        self.play(machine.Lifecycle)

    def test_random_histories_with_crashes_in_the_middle_of_operations(self):
        self.play(machine.Deaths)


class KeptTest(unittest.TestCase):
    """Histories that have failed once, or that no chance should be left to."""

    def setUp(self):
        self.house = House(OURS)
        self.addCleanup(self.house.close)

    def history(self, image_format):
        """Return a machine with an empty stage and a volume, for calls as a failure tells them."""
        state = machine.in_house(machine.Deaths, self.house)()
        state.begin(image_format=image_format, seed=0)
        return state

    def test_snapshots_come_and_go_while_the_server_is_stopped(self):
        for image_format in ('raw', 'qcow2'):
            with self.subTest(image_format):
                state = self.history(image_format)
                state.snapshot(choice=0)
                state.attach(choice=0)
                state.snapshot(choice=0)
                state.power(hard=None)
                state.snapshot(choice=0)
                state.clone(choice=0, larger=True)
                state.delete_snapshot(choice=1)
                state.restart(compute=False)
                state.delete_snapshot(choice=1)
                state.power(hard=None)
                state.delete_snapshot(choice=0)
                state.teardown()

    def test_volumes_are_reverted_between_everything_else(self):
        for image_format in ('raw', 'qcow2'):
            with self.subTest(image_format):
                state = self.history(image_format)
                state.snapshot(choice=0)
                state.revert(choice=0)
                state.die_in_revert(choice=0, effect=3)
                state.clone(choice=0, larger=False)
                state.snapshot(choice=0)
                state.die_in_deletion(choice=0, effect=5)
                state.revert(choice=0)
                state.write(choice=0)
                state.die_in_revert(choice=0, effect=1)
                state.teardown()


@unittest.skipIf(
    'NOVA_ASSIST_SAMPLE' in os.environ, 'to shrink a failure takes a minute and a half'
)
class BrokenDriverTest(unittest.TestCase):
    """A driver that loses data is found, and told in few steps."""

    def test_commit_that_is_skipped(self):
        found = self.assertRaisesRegex(StepEnded, 'expected write [0-9]+, found write')
        with House('tests.functional.broken_drivers.SkipsCommit') as house, found as caught:
            play(machine.Lifecycle, house, count=12, seed=1, steps=8, shrinking=45)
        told = '\n'.join(caught.exception.__notes__)
        self.assertRegex(told, r'create snapshot \w+ of \w+[^$]*delete snapshot')
        self.assertRegex(told, r'state\.delete_snapshot\(choice=\d\)')
        self.assertNotRegex(told, r'\n  8\. ')
