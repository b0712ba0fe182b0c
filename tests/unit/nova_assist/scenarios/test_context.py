# SPDX-License-Identifier: Apache-2.0
"""On which of several shares a new volume is."""

import dataclasses
import pathlib
import tempfile
import unittest

from nova_assist.scenarios.context import Context
from nova_assist.scenarios.errors import NotPossible, StepFailed
from nova_assist.scenarios.tracked import TrackedVolume


class FindTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.one, self.two = (pathlib.Path(folder.name, name) for name in ('one', 'two'))
        self.one.mkdir()
        self.two.mkdir()
        self.volume = TrackedVolume('v', 'v1', 1, None, [])

    def context(self, *others):
        unused = {field.name: None for field in dataclasses.fields(Context)[:13]}
        return Context(**{**unused, 'seen': self.one, 'others': others})

    def test_only_share_is_where_every_volume_is(self):
        context = self.context()
        context.find(self.volume)
        self.assertEqual(self.one, context.share_of(self.volume))

    def test_file_tells_of_several_shares_which_it_is(self):
        (self.two / 'volume-v').touch()
        context = self.context(self.two)
        context.find(self.volume)
        self.assertEqual(self.two, context.share_of(self.volume))

    def test_volume_that_was_moved_is_known_by_the_name_of_its_file_there(self):
        (self.two / 'volume-moved').touch()
        self.volume.name_id = 'moved'
        context = self.context(self.two)
        context.find(self.volume)
        self.assertEqual(self.two, context.share_of(self.volume))

    def test_volume_without_a_file_on_a_share_of_others_can_not_be_judged(self):
        context = self.context()
        context.alone, context.types = False, {'raw': 'gold'}
        with self.assertRaisesRegex(NotPossible, 'not the share of volume type gold'):
            context.find(self.volume)
        (self.one / 'volume-v').touch()
        context.find(self.volume)

    def test_volume_on_two_shares_or_on_none_is_a_fault(self):
        for shares in ((), (self.one, self.two)):
            for share in shares:
                (share / 'volume-v').touch()
            with (
                self.subTest(shares),
                self.assertRaisesRegex(StepFailed, f'has files on {len(shares)} shares'),
            ):
                self.context(self.two).find(self.volume)
