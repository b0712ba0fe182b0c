# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import unittest

from console_guest.blocks import (
    BLOCK_SIZE,
    Findings,
    Head,
    Record,
    most_records,
)

STAMP, OTHER = '0123456789abcdef', 'fedcba9876543210'
ZEROS = bytes(BLOCK_SIZE)


def records(first: int, last: int) -> bytes:
    return b''.join(Record(STAMP, number).encode() for number in range(first, last + 1))


class BlockTest(unittest.TestCase):
    def test_a_block_is_a_line_with_its_own_checksum_repeated(self) -> None:
        text = b'nova-assist record 0123456789abcdef 000000000007 '
        line = (text + hashlib.sha256(text).hexdigest().encode()).ljust(127) + b'\n'
        self.assertEqual(Record(STAMP, 7).encode(), line * 32)

    def test_a_head_is_read_back(self) -> None:
        head = Head(STAMP, 10**12 - 1)
        self.assertEqual(Head.parse(head.encode()), head)

    def test_a_torn_head_is_none(self) -> None:
        old, new = Head(STAMP, 7).encode(), Head(STAMP, 8).encode()
        self.assertIsNone(Head.parse(new[:512] + old[512:]))

    def test_a_cut_off_head_is_none(self) -> None:
        self.assertIsNone(Head.parse(Head(STAMP, 7).encode()[:512].ljust(BLOCK_SIZE, b'\0')))

    def test_a_record_is_no_head(self) -> None:
        self.assertIsNone(Head.parse(Record(STAMP, 7).encode()))

    def test_a_quarter_of_the_disk_is_used(self) -> None:
        self.assertEqual(most_records(1 << 30), 65536)
        self.assertEqual(most_records(BLOCK_SIZE), 0)


class FindingsTest(unittest.TestCase):
    def assert_found(self, findings: Findings, good: int, bad: int) -> None:
        self.assertEqual((findings.good, findings.bad), (good, bad))

    def test_a_whole_disk_has_nothing_bad(self) -> None:
        findings = Findings.of_head(Head(STAMP, 5).encode())
        findings.look(1, records(1, 3))
        findings.look(4, records(4, 5))
        self.assertEqual(findings.head, Head(STAMP, 5))
        self.assert_found(findings, 5, 0)

    def test_an_empty_disk_is_taken_into_use(self) -> None:
        findings = Findings.of_head(ZEROS)
        self.assertEqual(findings.head.count, 0)
        self.assertRegex(findings.head.stamp, '^[0-9a-f]{16}$')
        self.assertNotEqual(findings.head.stamp, Findings.of_head(ZEROS).head.stamp)
        self.assert_found(findings, 0, 0)

    def test_a_foreign_disk_counts_as_one_bad_block_and_begins_anew(self) -> None:
        findings = Findings.of_head(b'MBR'.ljust(BLOCK_SIZE, b'\0'))
        self.assertEqual(findings.head.count, 0)
        self.assert_found(findings, 0, 1)

    def test_a_torn_head_counts_as_one_bad_block_and_begins_anew(self) -> None:
        torn = Head(STAMP, 7).encode()[:1024] + Head(STAMP, 6).encode()[1024:]
        findings = Findings.of_head(torn)
        self.assertNotEqual(findings.head.stamp, STAMP)
        self.assert_found(findings, 0, 1)

    def test_a_lost_record_is_bad(self) -> None:
        findings = Findings.of_head(Head(STAMP, 3).encode())
        findings.look(1, records(1, 1) + ZEROS + records(3, 3))
        self.assert_found(findings, 2, 1)

    def test_a_record_of_another_stamp_is_bad(self) -> None:
        findings = Findings.of_head(Head(STAMP, 2).encode())
        findings.look(1, records(1, 1) + Record(OTHER, 2).encode())
        self.assert_found(findings, 1, 1)

    def test_a_record_in_another_place_is_bad(self) -> None:
        findings = Findings.of_head(Head(STAMP, 2).encode())
        findings.look(1, records(2, 2) + records(1, 1))
        self.assert_found(findings, 0, 2)

    def test_records_beyond_the_end_of_the_disk_are_bad(self) -> None:
        findings = Findings.of_head(Head(STAMP, 5).encode())
        findings.look(1, records(1, 3))
        findings.miss(2)
        self.assert_found(findings, 3, 2)
