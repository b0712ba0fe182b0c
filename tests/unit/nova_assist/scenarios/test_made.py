# SPDX-License-Identifier: Apache-2.0
"""What was made is removed, the last made first."""

import unittest

from nova_assist.scenarios.tracked import Made


class MadeTest(unittest.TestCase):
    def setUp(self):
        self.made = Made()
        self.removed = []
        for key in ('volume', 'snapshot', 'server'):
            self.made.add(key, key, lambda key=key: self.remove(key))

    def remove(self, key):
        self.removed.append(key)
        self.made.drop(key)

    def test_last_made_is_removed_first(self):
        for _, remove in self.made.unwind():
            remove()
        self.assertEqual(['server', 'snapshot', 'volume'], self.removed)

    def test_what_the_story_removed_is_not_removed_again(self):
        self.made.drop('snapshot')
        for _, remove in self.made.unwind():
            remove()
        self.assertEqual(['server', 'volume'], self.removed)

    def test_removal_that_fails_does_not_come_again(self):
        names = [name for name, _ in self.made.unwind()]
        self.assertEqual(['server', 'snapshot', 'volume'], names)
        self.assertEqual([], list(self.made.unwind()))
