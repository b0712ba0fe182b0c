# SPDX-License-Identifier: Apache-2.0
"""What tempest is told of a stack's files."""

import unittest

from tests.stack import contents
from tests.stack.settings import Share
from tests.unit.stack import samples


class OwnersTest(unittest.TestCase):
    def test_owners_are_not_judged_where_libvirt_changes_them(self):
        found = contents.further(samples.settings(dynamic_ownership=True))
        self.assertEqual('', found['assisted_snapshots']['file_owner'])

    def test_owners_are_judged_where_it_does_not_or_can_not(self):
        for different in (
            {'dynamic_ownership': False},
            {'dynamic_ownership': True, 'share': Share.NFS, 'secure': True},
        ):
            found = contents.further(samples.settings(**different))
            self.assertNotIn('file_owner', found['assisted_snapshots'])


class NovaTest(unittest.TestCase):
    def test_nobody_can_hold_a_real_nova(self):
        found = contents.further(samples.settings())
        self.assertEqual('false', found['assisted_snapshots']['hold_nova'])
