# SPDX-License-Identifier: Apache-2.0
import unittest

from tempest_plugin import errors
from tempest_plugin.share.runners import Local, Sudo


class Told:
    """A runner that only keeps what it is to run."""

    def run(self, command):
        """Keep it."""
        self.command = list(command)
        return 'output'


class RunnersTest(unittest.TestCase):
    def test_output_comes_back(self):
        self.assertEqual('a b\n', Local().run(['echo', 'a b']))

    def test_failures_tell_command_cause_and_cure(self):
        for command, told in (
            (['ls', '/nonexistent folder'], r"ls '/nonexistent folder': exit code 2: .*such file"),
            (['/nonexistent'], 'No such file'),
        ):
            with self.subTest(told), self.assertRaisesRegex(errors.ShareUnseen, told) as caught:
                Local().run(command)
            self.assertIn('share_sudo', str(caught.exception))

    def test_sudo_asks_nothing_and_names_the_account(self):
        told = Told()
        self.assertEqual('output', Sudo(told, 'cinder').run(['find', '/s']))
        self.assertEqual(['sudo', '-n', '-u', 'cinder', '--', 'find', '/s'], told.command)
