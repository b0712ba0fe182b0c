# SPDX-License-Identifier: Apache-2.0
import unittest

from tempest.lib import exceptions

from tempest_plugin.holding import FreeNova, HeldNova
from tests.unit.tempest_plugin.support import VOLUME


class Faults:
    """A compute service whose next request meets a fault, as its client shows it."""

    build_timeout = 0.1
    build_interval = 0

    def __init__(self, asked=True, ends=True):
        self.state = {'held': 0, 'under_way': 0}
        self.calls = []
        self.asked = asked
        self.ends = ends

    def set_fault(self, volume_id, fault):
        self.calls.append(('set', volume_id, fault))

    def show_fault(self, volume_id):
        """Tell; whatever is to come has come when somebody looks for the second time."""
        shown = dict(self.state)
        if self.calls[-1][0] == 'lift':
            self.state = {'held': 0, 'under_way': int(not self.ends)}
        elif self.asked:
            self.state = {'held': 1, 'under_way': 1}
        return {'fault': shown}

    def lift_fault(self, volume_id):
        self.calls.append(('lift', volume_id))


class HeldNovaTest(unittest.TestCase):
    def test_request_is_held_until_the_block_ends(self):
        faults = Faults()
        with HeldNova(faults, VOLUME) as nova:
            self.assertTrue(nova.held)
            nova.await_request()
            self.assertEqual([('set', VOLUME, 'late-work')], faults.calls)
        self.assertEqual(('lift', VOLUME), faults.calls[-1])
        self.assertEqual(0, faults.state['under_way'])

    def test_request_that_does_not_come(self):
        faults = Faults(asked=False)
        told = self.assertRaisesRegex(exceptions.TimeoutException, f'request to Nova .*{VOLUME}')
        with told, HeldNova(faults, VOLUME) as nova:
            nova.await_request()
        self.assertEqual(('lift', VOLUME), faults.calls[-1])

    def test_work_that_does_not_end(self):
        faults = Faults(ends=False)
        told = self.assertRaisesRegex(exceptions.TimeoutException, f'end of what .*{VOLUME}')
        with told, HeldNova(faults, VOLUME) as nova:
            nova.await_request()


class FreeNovaTest(unittest.TestCase):
    def test_nothing_is_waited_for(self):
        with FreeNova() as nova:
            self.assertFalse(nova.held)
            nova.await_request()
