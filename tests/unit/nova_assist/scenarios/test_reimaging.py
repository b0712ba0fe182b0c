# SPDX-License-Identifier: Apache-2.0
"""What a volume is expected to hold that was made anew of an image."""

import types
import unittest

from nova_assist.checks.model import Exactly, History
from nova_assist.checks.pattern import Write
from nova_assist.scenarios.images import TrackedImage
from nova_assist.scenarios.reimaging import expect_image
from nova_assist.scenarios.tracked import TrackedVolume
from nova_assist.scenarios.volumes import Volumes


class ExpectImageTest(unittest.TestCase):
    def setUp(self):
        self.volumes = Volumes(None, types.SimpleNamespace(history=History))
        self.volume = TrackedVolume('v', 'v1', 1, History('v1'), [])

    def image(self, name):
        return TrackedImage(name, name, Exactly(1, {0: Write(name, 0, 1)}))

    def write(self):
        write = self.volume.history.issue(7)
        self.volume.history.acknowledge(write)
        return write

    def test_volume_holds_the_image_and_nothing_else(self):
        self.write()
        expect_image(self.volumes, self.volume, self.image('one'))
        self.assertEqual({0: Write('one', 0, 1)}, self.volume.data().blocks)

    def test_no_write_is_like_one_before_however_often_it_is_made_anew(self):
        writes = [self.write()]
        for name in ('one', 'two'):
            expect_image(self.volumes, self.volume, self.image(name))
            writes.append(self.write())
        self.assertEqual(len(writes), len(set(writes)))
