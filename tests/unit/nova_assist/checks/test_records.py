# SPDX-License-Identifier: Apache-2.0
"""What the console guest writes, judged as every other history is."""

import unittest

from console_guest.blocks import BLOCK_SIZE, Head, Record
from nova_assist.checks.data import settle
from nova_assist.checks.model import Exactly, Within
from nova_assist.checks.pattern import Foreign, Write
from nova_assist.checks.reader import ImageContent
from nova_assist.checks.records import RecordHistory, Stamps, writes

STAMP, OTHER = '0123456789abcdef', 'fedcba9876543210'
SIZE = 1 << 30


def image(records, *, without=(), uncounted=False, stamp=STAMP, stamps=None):
    """Return what an image holds to which a guest has written so many records."""
    stamps = stamps or known()
    blocks = {number: Record(stamp, number) for number in range(1, records + 1 + uncounted)}
    if records:
        blocks[0] = Head(stamp, records)
    kept = {number: block for number, block in blocks.items() if number not in without}
    return ImageContent(
        SIZE, {number: stamps.decode(block.encode()) for number, block in kept.items()}
    )


def known():
    """Return the stamps where that of volume v1 is known."""
    stamps = Stamps()
    stamps.learn('v1', stamps.decode(Head(STAMP, 1).encode()))
    return stamps


def history(least, most):
    """Return a history with so many records."""
    found = RecordHistory('v1')
    found.bound(writes(least), writes(most))
    return found


class StampsTest(unittest.TestCase):
    def test_head_and_record_are_writes_in_the_guest_s_order(self):
        stamps = known()
        self.assertEqual(Write('v1', 7, 13), stamps.decode(Record(STAMP, 7).encode()))
        self.assertEqual(Write('v1', 0, 14), stamps.decode(Head(STAMP, 7).encode()))

    def test_blocks_of_another_volume_are_told_from_its_own(self):
        self.assertEqual(Write(OTHER, 7, 13), known().decode(Record(OTHER, 7).encode()))

    def test_what_is_not_whole_is_foreign(self):
        block = Record(STAMP, 7).encode()
        for data in (block[:-1] + b'x', block[:100], b'x' * BLOCK_SIZE):
            self.assertIsInstance(known().decode(data), Foreign)

    def test_a_stamp_stays_with_the_volume_that_it_was_learnt_for(self):
        stamps = known()
        stamps.learn('v2', stamps.decode(Head(STAMP, 1).encode()))
        self.assertTrue(stamps.knows('v1'))
        self.assertFalse(stamps.knows('v2'))


class HistoryTest(unittest.TestCase):
    def faults(self, content, least, most):
        past = history(least, most)
        return [each.where for each in settle(content, past.expected(SIZE))[1]]

    def test_any_number_of_records_within_the_bounds_is_right(self):
        for content in (image(5), image(5, uncounted=True), image(9)):
            self.assertEqual([], self.faults(content, 5, 9))

    def test_fewer_than_the_guest_has_said_are_a_loss(self):
        (fault,) = self.faults(image(4), 5, 9)
        self.assertIn('older than its request', fault)

    def test_more_than_there_can_be_come_from_another_time(self):
        (fault,) = self.faults(image(10), 5, 9)
        self.assertTrue(fault)

    def test_a_record_that_is_missing_beyond_what_the_guest_has_said_is_seen(self):
        (fault,) = self.faults(image(8, without={7}), 5, 100)
        self.assertIn('no single moment', fault)

    def test_a_head_that_is_older_than_the_records_is_seen(self):
        late = {**image(8).blocks, 0: Write('v1', 0, writes(6))}
        (fault,) = self.faults(ImageContent(SIZE, late), 5, 100)
        self.assertIn('no single moment', fault)

    def test_blocks_of_another_volume_are_seen(self):
        self.assertEqual(1, len(self.faults(image(5, stamp=OTHER), 5, 9)))

    def test_what_was_found_once_has_to_stay(self):
        settled, _ = settle(image(6), history(5, 9).expected(SIZE))
        later = RecordHistory('v1').settled(settled.blocks, begins=True)
        self.assertEqual(settled, later.expected(SIZE))
        for other in (image(5), image(7), image(6, uncounted=True)):
            self.assertTrue(settle(other, later.expected(SIZE))[1])

    def test_an_empty_volume_holds_nothing(self):
        self.assertEqual(Exactly(SIZE, {}), RecordHistory('v1').expected(SIZE))

    def test_a_copy_made_meanwhile_has_the_records_of_its_source(self):
        source = history(5, 100)
        settled, _ = settle(image(7), Within(SIZE, source, writes(5), writes(8)))
        copy = RecordHistory('clone', settled.blocks)
        self.assertEqual(('v1', writes(7)), (copy.origin, copy.acknowledged))
