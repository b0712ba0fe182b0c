# SPDX-License-Identifier: Apache-2.0
"""What is read: packages, arguments, listening processes, reasons."""

import contextlib
import io
import os
import re
import unittest
from pathlib import Path

from tests.judged import OURS
from tests.stack import arguments, packages, readiness
from tests.stack import tempest as stack_tempest
from tests.stack.errors import ServiceError, tail
from tests.stack.settings import Share
from tests.tempest.selection import Selection


class BindepTest(unittest.TestCase):
    def test_packages_without_a_profile_and_of_ours_are_taken_and_no_others(self):
        text = (
            'a [platform:dpkg]\nb [platform:dpkg stack]\nc [platform:dpkg lab]\nd [platform:rpm]\n'
        )
        self.assertEqual(['a', 'b'], packages.bindep(text))

    def test_constraints_of_the_stack_build_on_those_of_the_series(self):
        for file in (packages.ROOT / 'constraints').glob('stack-*.txt'):
            base = file.name.removeprefix('stack-')
            self.assertIn(f'-c {base}\n', file.read_text())
            self.assertTrue(file.with_name(base).exists())


class ArgumentsTest(unittest.TestCase):
    def refused(self, *words):
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit):
            arguments.parse(words)
        return said.getvalue()

    def test_secure_mode_on_nfs_is_where_root_is_squashed(self):
        for words, folder in (((), '/srv/trusting'), (('--secure',), '/srv/squash')):
            asked = arguments.parse(('--share', 'nfs', *words))
            self.assertIs(Share.NFS, asked.share)
            export, exported = arguments.exported(asked, Path('/state'))
            self.assertEqual((f'127.0.0.1:{folder}', Path(folder)), (export, exported))

    def test_option_is_a_name_and_a_value(self):
        asked = arguments.parse(('--option', 'nfs_qcow2_volumes=true'))
        self.assertEqual([('nfs_qcow2_volumes', 'true')], asked.option)
        self.assertIn('NAME=VALUE', self.refused('--option', 'nonsense'))
        self.assertIn('NAME=VALUE', self.refused('--option', 'a=b\n[other]'))

    def test_backend_is_what_the_devstack_plugin_writes_but_for_options_given(self):
        for sample, secure, qcow2 in (
            ('secure', True, 'False'),
            ('insecure', False, 'False'),
            ('qcow2', True, 'True'),
        ):
            asked = arguments.parse(('--devstack', sample, '--mount-options', 'vers=3'))
            self.assertEqual((OURS, secure), (asked.driver, asked.secure))
            self.assertEqual(0 if secure else 1, asked.dynamic_ownership)
            self.assertEqual('vers=3', asked.mount_options)
            options = dict(asked.option)
            self.assertEqual(qcow2, options['nfs_qcow2_volumes'])
            self.assertFalse(options.keys() & {'nfs_shares_config', 'nfs_mount_options'})
        given = ('--devstack', 'secure', '--option', 'nfs_qcow2_volumes=True')
        asked = arguments.parse(given)
        self.assertEqual('True', dict(asked.option)['nfs_qcow2_volumes'])
        self.assertEqual('vers=4.2,hard', asked.mount_options)
        self.assertIn('control', self.refused('--devstack', 'control'))

    def test_recording_is_refused_with_other_stories_and_where_it_would_be_lost(self):
        for words in (('--faults',), ('--scenarios',), ('--tempest', 'all')):
            self.assertIn('of its own', self.refused('--record', 'file', *words))
        self.assertIn('local share', self.refused('--record', 'file', '--share', 'nfs'))


class ListeningTest(unittest.TestCase):
    def test_whatever_is_open_to_others_is_found(self):
        within = [(1, '127.0.0.1', 80), (1, '::1', 80), (1, '127.0.1.1', 80)]
        self.assertEqual([], readiness.beyond_loopback(within))
        beyond = [(2, '0.0.0.0', 4369), (2, '::', 4369), (3, '10.0.0.1', 1)]
        self.assertEqual(beyond, readiness.beyond_loopback([*within, *beyond]))


class SelectionTest(unittest.TestCase):
    def test_stack_runs_the_same_stock_tests_with_reasons_of_its_own(self):
        stack = Selection.load(stack_tempest.SELECTION)
        self.assertEqual(Selection.load().stock, stack.stock)
        for pattern, reason in (*stack.leave_out.items(), *stack.skipped.items()):
            re.compile(pattern)
            self.assertNotIn('embedded', reason)


class ErrorsTest(unittest.TestCase):
    def test_service_is_named_with_the_end_of_its_log(self):
        lines = '\n'.join(f'{letter} {letter}' for letter in 'abcdef')
        error = ServiceError('nova-api', 'is not up', Path(os.devnull))
        self.assertIn('nova-api is not up', str(error))
        self.assertEqual('e e\nf f', tail(lines, 2))

    def test_why_it_is_not_up_is_told_though_the_log_says_that_it_is_not_again_and_again(self):
        log = 'starting\nno share\n' + ''.join(f'20:45:{n:02} still down\n' for n in range(60))
        self.assertEqual('no share\n20:45:59 still down [and 59 before it alike]', tail(log, 2))

    def test_log_that_is_not_there_is_told(self):
        error = ServiceError('glance', 'is not up', Path('/nonexistent/log'))
        self.assertIn('(there is none)', str(error))
