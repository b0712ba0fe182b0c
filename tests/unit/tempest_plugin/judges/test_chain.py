# SPDX-License-Identifier: Apache-2.0
import dataclasses
import unittest

from tempest_plugin.judges.chain import faults
from tempest_plugin.share.chains import Chain
from tests.unit.tempest_plugin.support import NEWER, SNAPSHOT, VOLUME

BASE = f'volume-{VOLUME}'
FIRST = f'{BASE}.{SNAPSHOT}'
SECOND = f'{BASE}.{NEWER}'
GOOD = Chain(
    (SECOND, FIRST, BASE),
    {'active': SECOND, SNAPSHOT: FIRST, NEWER: SECOND},
    (BASE, FIRST, SECOND, f'{BASE}.info', f'{BASE}.journal'),
)


class ChainTest(unittest.TestCase):
    def test_good_chains_have_no_fault(self):
        self.assertEqual([], faults(GOOD, [SNAPSHOT, NEWER]))
        self.assertEqual([], faults(Chain((BASE,), {}, (BASE,)), []))

    def test_a_pulled_chain_has_its_overlay_as_the_only_file(self):
        self.assertEqual([], faults(Chain((FIRST,), {'active': FIRST}, (FIRST,)), []))

    def test_each_bad_chain_is_one_fault(self):
        for told, change in (
            ('has 4 files, expected 3', {'images': (*GOOD.images, 'other')}),
            (
                'does not have snapshot',
                {'record': {'active': SECOND, NEWER: SECOND}},
            ),
            (
                'which the volume has not',
                {'record': {**GOOD.record, VOLUME: FIRST}},
            ),
            (
                'which is not in the chain',
                {'record': {**GOOD.record, SNAPSHOT: 'volume-gone'}},
            ),
            (
                'is on the share, but not in the chain',
                {'present': (*GOOD.present, f'{BASE}.{VOLUME}')},
            ),
        ):
            with self.subTest(told):
                (fault,) = faults(dataclasses.replace(GOOD, **change), [SNAPSHOT, NEWER])
                self.assertIn(told, fault)

    def test_a_snapshot_that_was_not_deleted_shows_in_chain_and_record(self):
        told = faults(GOOD, [NEWER])
        self.assertEqual(2, len(told))
