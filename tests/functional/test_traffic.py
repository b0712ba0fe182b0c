# SPDX-License-Identifier: Apache-2.0
"""What Cinder and the compute service say to each other is what they say with a real Nova.

``tests/functional/traffic/`` has what was recorded on a stack, a file for each series, and the
differences that are meant to be.
"""

import pathlib
import sys
import tempfile
import unittest

from nova_assist.cloud import host
from tests.traffic import embedded
from tests.traffic.recording import Accepted, Recording, differences, needless

_DATA = pathlib.Path(__file__).with_name('traffic')


def recorded():
    """Return what was recorded with the Cinder that is installed.

    :raises unittest.SkipTest: nothing was.
    """
    cinder = host.versions()['cinder'].split('.')[0]
    for path in sorted(_DATA.glob('20*.yaml')):
        recording = Recording.load(path)
        if recording.versions['cinder'].split('.')[0] == cinder:
            return recording
    raise unittest.SkipTest(f'no traffic of Cinder {cinder} is in {_DATA}; record it on a stack')


class TrafficTest(unittest.TestCase):
    def setUp(self):
        self.recorded = recorded()
        self.accepted = Accepted.load(_DATA / 'accepted.yaml')
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name, 'cloud')

    def test_embedded_compute_says_what_a_real_nova_says(self):
        expected, accepted = self.recorded.steps, self.accepted
        steps = embedded.play(self.folder, self.recorded)
        found = differences(expected, steps, accepted)
        self.assertFalse(found, '\n\n'.join(found))
        for each in accepted:
            sys.stdout.write(f'accepted: {each.call} {each.field}, {each.reason}\n')
        self.assertEqual([], needless(expected, steps, accepted))

    def test_compute_that_says_something_else_or_nothing_is_told(self):
        steps = embedded.play(
            self.folder,
            self.recorded,
            compute='tests.functional.other_compute',
            last='first snapshot taken',
            last_words=3.0,
        )
        attached, taken = differences(self.recorded.steps[: len(steps)], steps, self.accepted)
        self.assertIn('step "volume attached"', attached)
        self.assertIn('-  version: volume 3.44\n+  version: volume 3.54', attached)
        self.assertIn('step "first snapshot taken"', taken)
        self.assertIn('-  call: GET /attachments/attachment-1', taken)
