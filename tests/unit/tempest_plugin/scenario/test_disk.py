# SPDX-License-Identifier: Apache-2.0
import unittest

from tempest_plugin import errors
from tempest_plugin.data.guest import Guest
from tempest_plugin.scenario.disk import Disk
from tempest_plugin.scenario.ledger import Bounds
from tests.unit.tempest_plugin.support import NEWER, SNAPSHOT, VOLUME

SERVER = {'id': 'server'}


class SaidGuest(Guest):
    """A guest whose lines are known."""

    def __init__(self, *counts):
        super().__init__('a guest', seconds=0, pause=0)
        self.counts = list(counts)

    def text(self):
        """Return a line for each count."""
        lines = [f'nova-assist-guest: {VOLUME[:20]} wrote {count}' for count in self.counts]
        return '\n'.join(lines)

    def prepare(self, volume_id):
        """Do nothing."""


class DiskTest(unittest.TestCase):
    def setUp(self):
        self.disk = Disk({'id': VOLUME})

    def test_volume_without_a_server_has_no_guest(self):
        for name in ('server', 'guest'):
            with self.subTest(name):
                self.assertRaisesRegex(errors.NeverAttached, VOLUME, getattr, self.disk, name)
        self.assertFalse(self.disk.attached or self.disk.writes)

    def test_last_server_is_known_after_it_was_detached(self):
        guest = SaidGuest()
        self.disk.plugged(SERVER, guest)
        self.assertTrue(self.disk.attached and self.disk.writes)
        self.disk.unplugged()
        self.assertFalse(self.disk.attached or self.disk.writes)
        self.assertEqual((SERVER, guest), (self.disk.server, self.disk.guest))

    def test_snapshot_has_at_least_what_the_guest_said_before(self):
        self.disk.plugged(SERVER, SaidGuest(4, 9))
        self.disk.recall()
        self.disk.taken({'id': SNAPSHOT})
        self.assertEqual(Bounds(9), self.disk.bounds({'id': SNAPSHOT}))

    def test_guest_that_rests_is_not_asked(self):
        self.disk.plugged(SERVER, SaidGuest(4))
        self.disk.writes = False
        self.disk.recall()
        self.assertEqual(0, self.disk.ledger.least)

    def test_snapshots_are_told_from_the_oldest_on(self):
        older, newer = {'id': SNAPSHOT}, {'id': NEWER}
        self.disk.taken(older)
        self.disk.taken(newer)
        self.assertEqual([older, newer], self.disk.snapshots)
        self.disk.dropped(older)
        self.assertEqual([newer], self.disk.snapshots)
        self.assertRaises(KeyError, self.disk.bounds, older)
