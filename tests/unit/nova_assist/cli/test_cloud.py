# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from nova_assist.cloud.errors import CloudError, ServiceError
from tests.unit.nova_assist.cli.fakes import FakeHarness, call
from tests.unit.nova_assist.cli.scratch import ScratchCase


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


class CloudTest(ScratchCase):
    def test_what_is_printed_can_be_given_to_a_shell(self) -> None:
        outcome = call('cloud', harness=FakeHarness(on_wait=ctrl_c))
        script = f'{outcome.stdout}\nprintf %s "$OS_ENDPOINT"'
        shell = subprocess.run(['sh', '-c', script], capture_output=True, text=True, check=True)
        self.assertEqual("http://it's", shell.stdout)

    def test_ctrl_c_is_the_ordinary_end(self) -> None:
        outcome = call('cloud', harness=FakeHarness(on_wait=ctrl_c))
        self.assertEqual(0, outcome.code)
        self.assertIn('stopping the cloud\n', outcome.stderr)
        self.assertEqual([], list(self.working.iterdir()))

    def test_the_environment_as_json(self) -> None:
        outcome = call('cloud', '-f', 'json', harness=FakeHarness(on_wait=ctrl_c))
        self.assertEqual('admin:demo', json.loads(outcome.stdout)['OS_TOKEN'])

    def test_identity_and_folder_are_those_asked_for(self) -> None:
        for words, keystone in (((), False), (('--identity', 'keystone'), True)):
            harness = FakeHarness(on_wait=ctrl_c)
            folder = self.working / f'cloud-{keystone}'
            self.assertEqual(0, call('cloud', '--keep', str(folder), *words, harness=harness).code)
            ((opened, target),) = harness.opened
            self.assertEqual((folder.resolve(), keystone), (opened, target.with_keystone))
            self.assertTrue((folder / 'log').exists())

    def test_the_folder_may_be_kept(self) -> None:
        outcome = call('cloud', '--keep', harness=FakeHarness(on_wait=ctrl_c))
        (kept,) = self.working.iterdir()
        self.assertIn(f"kept the cloud's folder {kept}\n", outcome.stderr)

    def test_a_cloud_that_fails_keeps_its_folder_because_of_its_logs(self) -> None:
        def fail() -> None:
            raise ServiceError('cinder', 'ended by itself', Path('cinder.log'))

        outcome = call('cloud', harness=FakeHarness(on_wait=fail))
        self.assertEqual(2, outcome.code)
        (kept,) = self.working.iterdir()
        self.assertIn(
            f'{kept}\nnova-assist: cinder: ended by itself (log: cinder.log)\n', outcome.stderr
        )

    def test_a_cloud_that_fails_without_a_log_leaves_no_folder(self) -> None:
        def fail(_: Path) -> None:
            raise CloudError('the port is in use')

        outcome = call('cloud', harness=FakeHarness(on_start=fail))
        self.assertEqual((2, 'the port is in use'), (outcome.code, outcome.stderr.strip()[-18:]))
        self.assertEqual([], list(self.working.iterdir()))

    def test_ctrl_c_before_the_cloud_is_up_is_an_interruption(self) -> None:
        def interrupt(_: Path) -> None:
            ctrl_c()

        outcome = call('cloud', harness=FakeHarness(on_start=interrupt))
        self.assertEqual((130, ''), (outcome.code, outcome.stdout))
