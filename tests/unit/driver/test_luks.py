# SPDX-License-Identifier: Apache-2.0
import unittest

from driver import exceptions, luks


class CipherTest(unittest.TestCase):
    def test_parts_have_the_names_that_qemu_knows(self):
        self.assertEqual(
            luks.Cipher('aes-256', 'xts', 'plain64'), luks.Cipher.parse('aes-xts-plain64', 256)
        )

    def test_what_is_of_another_form_or_could_be_an_option_is_refused(self):
        for strange in ('', 'aes', 'aes-cbc-essiv:sha256', 'aes-xts-plain64,size=1', 'a-b-c-d'):
            with self.assertRaisesRegex(exceptions.Unsupported, 'give the type'):
                luks.Cipher.parse(strange, 256)

    def test_passphrase_is_not_shown(self):
        encryption = luks.Encryption(luks.Cipher('aes-256', 'xts', 'plain64'), 'secret')
        self.assertNotIn('secret', repr(encryption))
