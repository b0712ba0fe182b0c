# SPDX-License-Identifier: Apache-2.0
"""Images against what they may hold; snapshots taken while someone writes."""

import unittest

from hypothesis import given
from hypothesis import strategies as st

from nova_assist.checks.data import compare, settle
from nova_assist.checks.model import Exactly, History, Within
from nova_assist.checks.pattern import Foreign, Write
from nova_assist.checks.reader import ImageContent

SIZE = 2**20


def history(*blocks, start=None):
    """Return the history of acknowledged writes to these blocks."""
    written = History('v1', start)
    for block in blocks:
        written.acknowledge(written.issue(block))
    return written


class CompareTest(unittest.TestCase):
    def only(self, found, expected):
        (difference,) = compare(found, expected)
        return difference

    def test_equal_images_do_not_differ(self):
        blocks = history(0, 3).state()
        self.assertEqual([], compare(ImageContent(SIZE, blocks), Exactly(SIZE, blocks)))

    def test_newer_write_is_named_with_its_place(self):
        written = history(3, 3)
        found = self.only(ImageContent(SIZE, written.state(2)), Exactly(SIZE, written.state(1)))
        self.assertEqual('block 3 at offset 12288', found.where)
        self.assertEqual(('write 1', 'write 2'), (found.expected, found.found))

    def test_lost_write_is_named(self):
        found = self.only(ImageContent(SIZE, {}), Exactly(SIZE, history(3).state()))
        self.assertEqual(('write 1', 'zeros'), (found.expected, found.found))

    def test_data_where_zeros_belong_is_named(self):
        found = self.only(ImageContent(SIZE, {5: Foreign(b'QFI\xfb')}), Exactly(SIZE, {}))
        self.assertEqual('zeros', found.expected)
        self.assertIn('51 46 49 fb', found.found)

    def test_write_in_the_wrong_place_is_named(self):
        written = history(3).state()
        found = self.only(ImageContent(SIZE, {**written, 7: written[3]}), Exactly(SIZE, written))
        self.assertEqual('write 1, which went to block 3 at offset 12288', found.found)

    def test_write_to_another_volume_is_named(self):
        found = self.only(
            ImageContent(SIZE, {3: Write('v2', 3, 1)}), Exactly(SIZE, history(3).state())
        )
        self.assertEqual('write 1 to volume v2', found.found)

    def test_wrong_size_is_one_difference(self):
        blocks = {300: Write('v1', 300, 1)}
        found = self.only(ImageContent(SIZE, {}), Exactly(2 * SIZE, blocks))
        self.assertEqual('its size', found.where)


class SettleTest(unittest.TestCase):
    def refused(self, blocks, window):
        settled, (difference,) = settle(ImageContent(SIZE, blocks), window)
        self.assertIsNone(settled)
        return difference

    @given(st.data())
    def test_every_moment_in_the_window_is_accepted(self, data):
        blocks = data.draw(st.lists(st.integers(0, 5), max_size=30))
        source = {block: Write('v0', block, 1) for block in data.draw(st.sets(st.integers(0, 5)))}
        written = history(*blocks, start=source)
        low = data.draw(st.integers(0, len(blocks)))
        high = data.draw(st.integers(low, len(blocks)))
        state = written.state(data.draw(st.integers(low, high)))
        settled, differences = settle(ImageContent(SIZE, state), Within(SIZE, written, low, high))
        self.assertEqual([], differences)
        self.assertEqual(state, settled.blocks)

    @given(st.data())
    def test_what_is_accepted_is_a_moment_in_the_window(self, data):
        written = history(*data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=12)))
        low = data.draw(st.integers(0, written.issued))
        high = data.draw(st.integers(low, written.issued))
        states = [written.state(count) for count in range(written.issued + 1)]
        mixed = {}
        for block in range(4):
            held = data.draw(st.sampled_from(states)).get(block)
            if held is not None:
                mixed[block] = held
        settled, _ = settle(ImageContent(SIZE, mixed), Within(SIZE, written, low, high))
        self.assertEqual(mixed in states[low : high + 1], settled is not None)

    def test_two_moments_at_once_are_named(self):
        written = history(1, 2, 1, 2)
        mixed = {1: Write('v1', 1, 1), 2: Write('v1', 2, 4)}
        found = self.refused(mixed, Within(SIZE, written, 0, 4))
        self.assertIn('no single moment', found.where)
        self.assertIn('write 3', found.expected)

    def test_snapshot_that_misses_an_acknowledged_write_is_named(self):
        written = history(1, 2)
        found = self.refused(written.state(1), Within(SIZE, written, 2, 2))
        self.assertIn('older than its request', found.where)

    def test_snapshot_that_went_on_changing_is_named(self):
        written = history(1, 2, 3)
        found = self.refused(written.state(3), Within(SIZE, written, 1, 2))
        self.assertIn('newer than its completion', found.where)

    def test_foreign_bytes_are_named(self):
        found = self.refused({9: Foreign(b'x')}, Within(SIZE, history(1), 0, 1))
        self.assertIn('nobody wrote', found.found)
