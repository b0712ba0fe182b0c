# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shlex

from nova_assist.cli.arguments import parse
from nova_assist.cli.remote_harness import RemoteHarness
from nova_assist.cli.run_arguments import RunArguments
from tests.unit.nova_assist.cli.fakes import FakeHarness, call
from tests.unit.nova_assist.cli.scratch import ScratchCase

_NEEDED = '--volume-type raw=nfs --flavor small'


class RemoteTargetTest(ScratchCase):
    def setUp(self) -> None:
        super().setUp()
        self.file = self.root / 'clouds.yaml'
        self.file.touch()

    def parsed(self, words: str) -> RunArguments:
        found = parse(['run', '--cloud', str(self.file), *words.split()], 'x')
        assert isinstance(found, RunArguments)
        return found

    def test_each_that_makes_no_sense_is_one_clear_line_and_exit_code_2(self) -> None:
        cloud = f'--cloud {self.file}'
        cases = {
            '--cloud /no/such': "no file '/no/such'",
            '--cloud-name mine': '--cloud-name is for a cloud of others: add --cloud',
            '--volume-type raw=nfs': '--volume-type is for a cloud of others',
            '--image x': '--image is for a cloud of others',
            '--flavor x': '--flavor is for a cloud of others',
            cloud: 'needs --volume-type raw=NAME or qcow2=NAME',
            f'{cloud} --volume-type raw=nfs': 'needs --flavor',
            f'{cloud} --volume-type nfs': 'write raw=nfs or qcow2=nfs',
            f'{cloud} --volume-type vmdk=nfs': 'write raw=NAME or qcow2=NAME',
            f'{cloud} --volume-type raw=': 'write raw=NAME or qcow2=NAME',
            f'{cloud} --volume-type raw=a --volume-type raw=b': 'more than once for raw volumes',
            f'{cloud} --volume-type raw=a --volume-type qcow2=b --volume-type qcow2=c': (
                'more than once for qcow2 volumes'
            ),
            f'{cloud} {_NEEDED} --driver a.B': '--driver is for the embedded cloud',
            f'{cloud} {_NEEDED} --option a=b': '--option is for the embedded cloud',
            f'{cloud} {_NEEDED} --secure': '--secure is for the embedded cloud',
            f'{cloud} {_NEEDED} --cinder-port 8776': '--cinder-port is for the embedded cloud',
            f'{cloud} {_NEEDED} --crash': '--crash is for the embedded cloud',
            f'{cloud} {_NEEDED} --keep': '--keep is for the embedded cloud',
            f'{cloud} {_NEEDED} --share filer:/a': '--share is the folder in which',
            f'{cloud} {_NEEDED} --share /no/such': 'nor an existing folder',
        }
        for words, message in cases.items():
            with self.subTest(words):
                harness = FakeHarness()
                outcome = call('run', *words.split(), harness=harness)
                self.assertEqual(2, outcome.code)
                self.assertIn(message, outcome.stderr)
                self.assertEqual(1, outcome.stderr.count('\n'))

    def test_the_line_that_repeats_a_run_asks_for_the_same(self) -> None:
        words = f'--cloud-name mine {_NEEDED} --volume-type qcow2=b --image x --share /'
        first = self.parsed(words)
        self.assertIsNotNone(first.remote)
        again = self.parsed(shlex.join(first.subject.words()[2:]))
        self.assertEqual(first.remote, again.remote)

    def test_only_scenarios_with_volumes_of_a_named_type_are_known(self) -> None:
        remote = self.parsed(_NEEDED).remote
        assert remote is not None
        harness = RemoteHarness(remote)
        self.assertEqual(['mixed-raw'], [each.name for each in harness.named('mixed')])
        self.assertEqual([], list(harness.named('mixed-qcow2')))
        self.assertTrue(all(each.name.endswith('-raw') for each in harness.scenarios()))
