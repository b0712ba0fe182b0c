# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.compute import errors
from nova_assist.compute.keys import FixedKey

ONLY = '00000000-0000-0000-0000-000000000000'


class FixedKeyTest(unittest.TestCase):
    def test_the_only_key_is_the_passphrase(self) -> None:
        self.assertEqual('c0ffee', FixedKey('c0ffee').passphrase(ONLY))

    def test_another_key_or_none_is_refused_and_nothing_is_shown(self) -> None:
        for key, wanted in (('c0ffee', 'another'), (None, ONLY)):
            with self.assertRaisesRegex(errors.KeyManagerError, f'no key {wanted}') as raised:
                FixedKey(key).passphrase(wanted)
            self.assertNotIn('c0ffee', str(raised.exception))
