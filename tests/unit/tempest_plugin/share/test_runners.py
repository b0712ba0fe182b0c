# SPDX-License-Identifier: Apache-2.0
import unittest
from unittest import mock

from tempest.lib import exceptions
from tempest.lib.common import ssh

from tempest_plugin import errors
from tempest_plugin.share.runners import Local, Ssh, Sudo


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


class Host:
    """Another host, as tempest's client of ssh shows it."""

    def __init__(self, answer):
        self.answer = answer

    def login(self, *arguments, **options):
        """Keep how to log in, and be the client."""
        self.arguments, self.options = arguments, options
        return self

    def exec_command(self, command, encoding):
        """Keep the command, and answer in bytes."""
        self.command = command
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class SshTest(unittest.TestCase):
    def runner(self, answer):
        self.host = Host(answer)
        with mock.patch.object(ssh, 'Client', self.host.login):
            return Ssh('filer', 'looker', '/keys/id', 2222)

    def test_command_is_one_line_with_its_words_kept(self):
        self.assertEqual('out', self.runner(b'out').run(['find', '/a b', '-name', 'volume-*']))
        self.assertEqual("find '/a b' -name 'volume-*'", self.host.command)

    def test_login_is_by_the_key_alone(self):
        self.runner(b'')
        self.assertEqual(('filer', 'looker'), self.host.arguments)
        self.assertEqual(
            ('/keys/id', 2222), (self.host.options['key_filename'], self.host.options['port'])
        )
        self.assertFalse(self.host.options['look_for_keys'])
        self.assertFalse(self.host.options['ssh_allow_agent'])

    def test_failures_tell_command_cause_and_cure(self):
        for failure, told in (
            (
                exceptions.SSHTimeout(host='filer', user='looker', password=None),
                'could not log in to looker@filer, port 2222, with the key in /keys/id',
            ),
            (exceptions.TimeoutException('no end'), 'no end'),
            (
                exceptions.SSHExecCommandFailed(
                    command='cat', exit_status=1, stderr='no such file', stdout=''
                ),
                'no such file',
            ),
        ):
            with self.subTest(told), self.assertRaisesRegex(errors.ShareUnseen, told) as caught:
                self.runner(failure).run(['cat', '/share/file'])
            self.assertIn('cat /share/file', str(caught.exception))
            self.assertIn('share_access', str(caught.exception))
