# SPDX-License-Identifier: Apache-2.0
"""Whether the machine's accounts get ours, once."""

import unittest

from tests.stack import accounts

ETC = {
    'passwd': 'root:x:0:0::/root:/bin/sh\nlibvirt-qemu:x:64055:109::/:/bin/false\n',
    'group': 'root:x:0:\n',
    'shadow': 'root:*:9001:0:99999:7:::\n',
}


class AccountsTest(unittest.TestCase):
    def test_hypervisor_is_in_the_group_of_the_volumes(self):
        group = accounts.files(ETC, '/home')['group']
        self.assertIn('volumes:x:9000:cinder,nova,libvirt-qemu\n', group)

    def test_all_others_stay(self):
        for name, text in accounts.files(ETC, '/home').items():
            self.assertTrue(text.startswith(ETC[name]), text)

    def test_accounts_of_the_same_names_or_numbers_give_way(self):
        etc = {**ETC, 'passwd': f'{ETC["passwd"]}cinder:x:1:1::/:/x\nmine:x:9002:1::/:/x\n'}
        passwd = accounts.files(etc, '/home')['passwd']
        self.assertNotIn('mine', passwd)
        self.assertEqual(1, passwd.count('cinder'))

    def test_once_more_changes_nothing(self):
        once = accounts.files(ETC, '/home')
        self.assertEqual(once, accounts.files(once, '/home'))
