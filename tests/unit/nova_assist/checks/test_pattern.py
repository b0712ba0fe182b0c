# SPDX-License-Identifier: Apache-2.0
"""What is found in a block can be named."""

import unittest

from hypothesis import given
from hypothesis import strategies as st

from nova_assist.checks.pattern import BLOCK_SIZE, Foreign, Pattern, Write

WRITES = st.builds(
    Write,
    st.text('abcv0123456789', min_size=1, max_size=16),
    st.integers(0, 2**40),
    st.integers(1, 2**40),
)


class PatternTest(unittest.TestCase):
    @given(WRITES, st.integers(0, 2**64 - 1))
    def test_write_is_recognised_from_its_content(self, write, seed):
        content = Pattern(seed).encode(write)
        self.assertEqual(BLOCK_SIZE, len(content))
        self.assertEqual(write, Pattern(seed).decode(content))

    def test_content_of_another_run_is_foreign(self):
        content = Pattern(1).encode(Write('v1', 3, 7))
        self.assertIsInstance(Pattern(2).decode(content), Foreign)

    def test_torn_write_is_foreign(self):
        pattern = Pattern(1)
        torn = pattern.encode(Write('v1', 3, 7))[:512] + pattern.encode(Write('v1', 3, 8))[512:]
        self.assertIsInstance(pattern.decode(torn), Foreign)

    def test_forged_name_is_foreign(self):
        content = bytearray(Pattern(1).encode(Write('v1', 3, 7)))
        content[16] = 0xFF
        self.assertEqual(Foreign(bytes(content[:16])), Pattern(1).decode(bytes(content)))

    def test_name_that_would_be_cut_is_refused(self):
        with self.assertRaisesRegex(ValueError, "'of-attached<image' is 17 bytes long"):
            Pattern(1).encode(Write('of-attached<image', 3, 7))

    def test_part_of_a_block_is_foreign(self):
        pattern = Pattern(1)
        part = pattern.encode(Write('v1', 3, 7))[:512]
        self.assertEqual(Foreign(part[:16]), pattern.decode(part))
