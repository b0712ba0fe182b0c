# SPDX-License-Identifier: Apache-2.0
"""Whether the services are told what they are to be told."""

import configparser
import unittest

from tests.stack.conf import cinder, glance, keystone, libvirt, nova, placement
from tests.stack.settings import Share
from tests.unit.stack import samples


def parsed(text):
    """Return a text as oslo.config reads it, but for substitutions."""
    parser = configparser.RawConfigParser()
    parser.optionxform = str
    parser.read_string(text)
    return parser


class ServicesTest(unittest.TestCase):
    def test_each_file_can_be_read_and_says_where_the_database_is(self):
        for compose, name, section in (
            (keystone.files, 'keystone.conf', 'database'),
            (placement.files, 'placement.conf', 'placement_database'),
            (glance.files, 'glance-api.conf', 'database'),
            (nova.files, 'nova.conf', 'database'),
            (cinder.files, 'cinder.conf', 'database'),
        ):
            with self.subTest(name):
                conf = parsed(compose(samples.settings())[name])
                self.assertIn('@127.0.0.1:15006/', conf[section]['connection'])

    def test_keystone_keeps_none_of_its_keys_in_the_machines_etc(self):
        conf = parsed(keystone.files(samples.settings())['keystone.conf'])
        for section in ('fernet_tokens', 'fernet_receipts', 'credential'):
            self.assertTrue(conf[section]['key_repository'].startswith('/opt/stack/state/'))

    def test_password_with_a_dollar_is_no_substitution(self):
        conf = parsed(nova.files(samples.settings(password='a$b'))['nova.conf'])
        self.assertEqual('a$$b', conf['cinder']['password'])


class CinderTest(unittest.TestCase):
    def conf(self, **different):
        return parsed(cinder.files(samples.settings(**different))['cinder.conf'])

    def test_secure_mode_is_both_options(self):
        for secure, word in ((True, 'true'), (False, 'false')):
            backend = self.conf(secure=secure)['nfs']
            self.assertEqual(word, backend['nas_secure_file_operations'])
            self.assertEqual(word, backend['nas_secure_file_permissions'])

    def test_options_given_win_over_ours(self):
        backend = self.conf(options={'nfs_snapshot_support': 'false', 'extra': '1'})['nfs']
        self.assertEqual(('false', '1'), (backend['nfs_snapshot_support'], backend['extra']))

    def test_account_gets_root_by_sudo_and_root_does_not(self):
        helper = self.conf()['cinder_sys_admin']['helper_command']
        self.assertTrue(helper.startswith('sudo /opt/stack/venv-2026.1/bin/privsep-helper'))
        helper = self.conf(cinder_user='root')['cinder_sys_admin']['helper_command']
        self.assertTrue(helper.startswith('/opt/stack/'))

    def test_both_mount_with_the_same_options(self):
        different = {'share': Share.NFS, 'mount_options': 'vers=3'}
        self.assertEqual('vers=3', self.conf(**different)['nfs']['nfs_mount_options'])
        conf = parsed(nova.files(samples.settings(**different))['nova.conf'])
        self.assertEqual('vers=3', conf['libvirt']['nfs_mount_options'])

    def test_shares_file_has_the_export(self):
        self.assertEqual(
            '127.0.0.1:/srv/squash\n',
            cinder.files(samples.settings(export='127.0.0.1:/srv/squash'))['shares'],
        )


class LibvirtTest(unittest.TestCase):
    def test_ownership_changes_with_the_option(self):
        for wanted in (True, False):
            text = libvirt.files(samples.settings(dynamic_ownership=wanted))['qemu.conf']
            self.assertIn(f'dynamic_ownership = {int(wanted)}\n', text)

    def test_qemu_runs_as_novas_account_where_owners_are_left_alone(self):
        text = libvirt.files(samples.settings(dynamic_ownership=False))['qemu.conf']
        self.assertIn('user = "nova"\ngroup = "volumes"\n', text)

    def test_words_are_quoted_and_lists_are_lists(self):
        text = libvirt.files(samples.settings())['qemu.conf']
        self.assertIn('user = "libvirt-qemu"\n', text)
        self.assertIn('namespaces = []\n', text)
