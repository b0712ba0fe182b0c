# SPDX-License-Identifier: Apache-2.0
"""Root that was asked for where nobody may need it."""

from nova_assist.checks.access import RootJudge
from tests.unit.nova_assist.checks.shares import ShareCase


class RootTest(ShareCase):
    def setUp(self):
        super().setUp()
        self.asked = self.make('asked')
        self.judge = RootJudge(self.asked)

    def ask(self, *commands):
        with self.asked.open('a') as file:
            file.writelines(f'{command}\n' for command in commands)

    def test_nobody_asked(self):
        self.assertEqual([], self.found(self.judge))

    def test_each_command_is_told_once(self):
        self.ask('sudo chown cinder a', 'sudo chown cinder a', 'privsep-helper')
        self.assertEqual(
            ['root was asked for: sudo chown cinder a', 'root was asked for: privsep-helper'],
            [finding.fault for finding in self.found(self.judge)],
        )
        self.assertEqual([], self.found(self.judge))

    def test_command_that_comes_later_is_told_later(self):
        self.ask('sudo a')
        self.found(self.judge)
        self.ask('sudo b')
        (finding,) = self.found(self.judge)
        self.assertEqual('sudo b', finding.found)

    def test_list_that_can_not_be_read_is_no_pass(self):
        self.asked.unlink()
        with self.assertRaises(FileNotFoundError):
            self.found(self.judge)
