# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

from nova_assist.cli.arguments import parse
from nova_assist.cli.run_arguments import RunArguments
from tests.unit.nova_assist.cli.fakes import FakeHarness, call
from tests.unit.nova_assist.cli.scratch import ScratchCase


class BadWordsTest(ScratchCase):
    def test_each_is_one_clear_line_and_exit_code_2(self) -> None:
        cases = {
            '': 'required: COMMAND',
            'walk': "invalid choice: 'walk'",
            'run --driver NfsDriver': 'write package.module.Class',
            'run --driver a.b;c': 'write package.module.Class',
            'run --seed -1': "'-1' is not a whole number from 0 up",
            'run --seed x': "'x' is not a whole number from 0 up",
            'run --seed 1e3': 'not a whole number',
            f'run --seed {"9" * 5000}': 'not a whole number',
            'run --share here:there': 'neither an export, host:/path, nor an existing folder',
            'run --share /no/such/folder': 'nor an existing folder',
            'run --option key': 'write KEY=VALUE',
            'run --option =value': 'write KEY=VALUE',
            'run --option BAD-KEY=1': 'write KEY=VALUE',
            'run --option a=1 --option a=2': 'option a is given 2 times',
            'run --cinder-port 65536': 'not a port from 0 to 65535',
            'run --compute-port -5': "'-5' is not a port from 0 to 65535",
            'run --crash --sample -1': "'-1' is not a whole number from 1 up",
            'run --crash --sample 0': "'0' is not a whole number from 1 up",
            'run --sample 1': '--sample is for a run with --crash',
            'run --cinder-port 7000 --compute-port 7000': 'are both 7000',
            'run --account cinder=cinder': 'add --secure',
            'run --secure --account cinder': 'write ROLE=NAME',
            'run --secure --account nova=nova': 'one of cinder, hypervisor, outsider',
            'run --secure --account cinder=': 'write ROLE=NAME',
            'run --secure --account cinder=a --account cinder=b': 'account cinder is given 2',
            'run -f xml': "invalid choice: 'xml'",
            'run --scenarios x': 'unrecognized arguments: --scenarios',
            'cloud --identity ldap': "invalid choice: 'ldap'",
            'run --key-manager vault': "invalid choice: 'vault'",
            'run --key-manager barbican': 'add --identity keystone',
            'cloud --key-manager barbican --identity none': 'add --identity keystone',
            'cloud --seed 1': 'unrecognized arguments: --seed',
            'report a b': 'unrecognized arguments: b',
            'check': 'name one share',
            'check / --access /': 'name one share',
            'check --access / --repair': '--repair and --mode are for SHARE',
            'check / --mode 0777': "invalid choice: '0777'",
            'check / --settle nan': "'nan' is not a number of seconds",
            'check / --settle -1': 'is not a number of seconds',
            'conformance': 'required: CLASS',
            'conformance Driver': 'write package.module.Class',
            'conformance a.B -f table2': "invalid choice: 'table2'",
            'bench --part everything': "invalid choice: 'everything'",
            'bench --rounds 0': 'not a whole number from 1 up',
            'bench --control Driver': 'write package.module.Class',
            'ci': 'required: HELPER',
            'ci walk': "invalid choice: 'walk'",
            'ci plan --driver vendor.Class': 'required: --share',
            'ci plan --driver vendor.Class --share /folder': 'is not an export',
            'ci local-conf --driver vendor.Class --share a:/$(reboot)': 'is not an export',
            'ci local-conf --driver Class --share a:/b': 'write package.module.Class',
            'ci page --logs a --output b --change 1': 'go together',
            'ci page --logs a --output b --project nova': "invalid choice: 'nova'",
            'ci page --logs a': 'required: --output',
            'ci skips -f html': "invalid choice: 'html'",
            'chain': 'required: VOLUME',
            'run --shares 0': 'not a whole number from 1 up',
            'run --shares 2 --share a:/b': 'one share, not 2',
            'run --shares 2 --crash': 'watches one share',
            'chain volume-1 --share /no/such': 'nor an existing folder',
        }
        for words, message in cases.items():
            with self.subTest(words):
                harness = FakeHarness()
                outcome = call(*words.split(), harness=harness)
                self.assertEqual(2, outcome.code)
                self.assertIn(message, outcome.stderr)
                self.assertEqual(1, outcome.stderr.count('\n'))
                self.assertEqual('', outcome.stdout)
                self.assertEqual([], harness.opened)

    def test_help_that_is_named_is_that_of_the_command(self) -> None:
        for words, command in {
            'check': 'nova-assist check',
            'check / --nonsense': 'nova-assist check',
            'chain': 'nova-assist chain',
            'run --sample 3': 'nova-assist run',
            'cloud --account cinder=cinder': 'nova-assist cloud',
            'report a b': 'nova-assist report',
            '': 'nova-assist',
            'walk': 'nova-assist',
        }.items():
            with self.subTest(words):
                said = call(*words.split()).stderr
                self.assertTrue(said.startswith(f'{command}: '), said)
                self.assertIn(f'(see {command} --help)', said)

    def test_an_option_cannot_bring_a_line_of_its_own(self) -> None:
        outcome = call('run', '--option', 'key=a\nvolume_driver=b')
        self.assertEqual(2, outcome.code)
        self.assertIn('holds a line break', outcome.stderr)


class SecureTest(ScratchCase):
    def parse(self, *words: str) -> RunArguments:
        found = parse(['run', *words], 'nova-assist run')
        assert isinstance(found, RunArguments)
        return found

    def test_secure_mode_sets_both_options(self) -> None:
        wanted = {'nas_secure_file_operations': 'true', 'nas_secure_file_permissions': 'true'}
        self.assertEqual(wanted, self.parse('--secure').target.all_options)
        self.assertEqual({}, self.parse().target.all_options)

    def test_option_that_is_given_wins(self) -> None:
        found = self.parse('--secure', '--option', 'nas_secure_file_permissions=auto')
        self.assertEqual('auto', found.target.all_options['nas_secure_file_permissions'])
        self.assertEqual('true', found.target.all_options['nas_secure_file_operations'])

    def test_same_accounts_are_asked_for_again(self) -> None:
        words = ['--secure', '--account', 'hypervisor=qemu', '--account', 'outsider=daemon']
        self.assertLessEqual(set(words), set(self.parse(*words).target.words()))
        self.assertEqual(
            self.parse(*words).target, self.parse(*self.parse(*words).target.words()).target
        )


class GoodWordsTest(ScratchCase):
    def parse(self, *words: str) -> RunArguments:
        found = parse(['run', *words], 'nova-assist run')
        assert isinstance(found, RunArguments)
        return found

    def test_options_may_hold_equals_signs_and_nothing(self) -> None:
        found = self.parse('--option', 'a=b=c', '--option', 'empty=')
        self.assertEqual((('a', 'b=c'), ('empty', '')), found.target.options)

    def test_exports_are_taken_as_they_are(self) -> None:
        for share in ('filer:/', 'filer.example:/a/b', '10.0.0.1:/x', '[fe80::1%eth0]:/x'):
            self.assertEqual(share, self.parse('--share', share).target.share)

    def test_services_are_asked_for_again(self) -> None:
        words = ('--identity', 'keystone', '--key-manager', 'barbican')
        found = self.parse(*words).target
        self.assertTrue(found.with_keystone and found.with_barbican)
        self.assertEqual(found, self.parse(*found.words()).target)
        self.assertFalse({'--identity', '--key-manager'} & set(self.parse().target.words()))

    def test_several_shares_are_asked_for_again(self) -> None:
        found = self.parse('--shares', '3').target
        self.assertEqual(3, found.share_count)
        self.assertEqual(found, self.parse(*found.words()).target)
        self.assertNotIn('--shares', self.parse().target.words())

    def test_a_local_folder_becomes_absolute_so_that_its_repetition_finds_it(self) -> None:
        relative = os.path.relpath(self.working)
        self.assertEqual(str(self.working), self.parse('--share', relative).target.share)


class HelpTest(ScratchCase):
    def test_each_help_has_examples_and_exit_codes(self) -> None:
        for command in ('run', 'cloud', 'report'):
            outcome = call(command, '--help')
            self.assertEqual(0, outcome.code)
            self.assertIn('examples:\n  nova-assist', outcome.stdout)
            self.assertIn('exit codes:\n  0', outcome.stdout)

    def test_the_cloud_says_which_clients_can_use_it(self) -> None:
        self.assertIn('commands cinder and nova need --identity', call('cloud', '--help').stdout)

    def test_the_version_is_told(self) -> None:
        outcome = call('--version')
        self.assertEqual(0, outcome.code)
        self.assertRegex(outcome.stdout, r'^nova-assist \S+\n$')
