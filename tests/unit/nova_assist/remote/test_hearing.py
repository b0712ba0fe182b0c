# SPDX-License-Identifier: Apache-2.0
"""What is told of volumes that no guest reads at the moment, and of snapshots that are gone."""

import unittest

from nova_assist.checks import scene
from nova_assist.checks.records import RecordHistory
from nova_assist.remote.hearing import Hearing
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.tracked import TrackedServer, TrackedSnapshot, TrackedVolume

SIZE = 1 << 30


class Volumes:
    """Volumes of a scenario, without a cloud."""

    def __init__(self, *volumes):
        self.all = list(volumes)

    def clone(self, snapshot, name, gib):
        return TrackedVolume('copy', name, SIZE, RecordHistory(name), [])

    def delete(self, volume):
        pass


def volume(**further):
    return TrackedVolume('1', 'v1', SIZE, RecordHistory('v1'), [], **further)


def shown(status):
    data = RecordHistory('v1').expected(SIZE)
    return scene.Volume('1', 'v1', 'raw', data, (scene.Snapshot('s', 's1', status, data),))


class HearingTest(unittest.TestCase):
    def setUp(self):
        self.read = []

    def judge(self, one, status='available'):
        return Hearing(Volumes(one), self.found).judge([shown(status)])

    def found(self, volume):
        self.read.append(volume.name)
        return {}

    def test_what_a_running_guest_has_is_told_as_unseen(self):
        judgement = self.judge(volume(server=TrackedServer('a', 'a')))
        self.assertEqual(((), []), (judgement.findings, self.read))
        self.assertRegex(judgement.unseen[0], 'volume v1: the server that has it runs')

    def test_volume_at_rest_and_snapshot_are_read_and_settled(self):
        data = RecordHistory('v1').expected(SIZE)
        judgement = self.judge(volume(snapshots=[TrackedSnapshot('s', 's1', data)]))
        self.assertEqual(['v1', 'look-s1'], self.read)
        self.assertEqual(((), {'s': data}), (judgement.unseen, judgement.settled))

    def test_snapshot_that_is_not_there_is_a_finding_and_not_read(self):
        data = RecordHistory('v1').expected(SIZE)
        one = volume(snapshots=[TrackedSnapshot('s', 's1', data)])
        (finding,) = self.judge(one, None).findings
        self.assertIn('gone from Cinder', finding.fault)
        self.assertEqual(['v1'], self.read)

    def test_what_a_guest_finds_to_be_wrong_is_a_finding_of_the_data(self):
        def lost(volume):
            raise StepFailed('2 are lost', '5 records', '3 records', 'data')

        (finding,) = Hearing(Volumes(volume()), lost).judge([shown('available')]).findings
        self.assertEqual(('data', Verdict.FAIL), (finding.judge, finding.verdict))
