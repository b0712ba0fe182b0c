# SPDX-License-Identifier: Apache-2.0
"""What a Barbican is told; whether it is installed or not."""

import base64
import configparser
import pathlib
import stat
from unittest import mock

from nova_assist.cloud import barbican_conf
from nova_assist.cloud.barbican import Barbican
from nova_assist.cloud.barbican_settings import BarbicanSettings
from nova_assist.cloud.errors import MissingExtraError, SettingsError
from nova_assist.cloud.identity import Identity
from tests.unit.nova_assist.cloud.test_identity import Scratch

IDENTITY = Identity(5000, 'pa$word')


class BarbicanConfTest(Scratch):
    def setUp(self):
        super().setUp()
        settings = BarbicanSettings(pathlib.Path('/clouds/$one/barbican'), 9311, IDENTITY, 'k=')
        self.conf = configparser.RawConfigParser()
        self.conf.read_string(barbican_conf.compose(settings))

    def test_everything_is_in_the_folder_whatever_its_name(self):
        home = '/clouds/$$one/barbican'
        self.assertEqual(f'sqlite:///{home}/barbican.sqlite', self.conf['database']['connection'])
        self.assertEqual(f'{home}/policy.yaml', self.conf['oslo_policy']['policy_file'])

    def test_tokens_are_checked_each_time(self):
        section = self.conf['keystone_authtoken']
        self.assertEqual(
            ('-1', 'barbican', 'pa$$word', 'http://127.0.0.1:5000/v3'),
            tuple(
                section[name] for name in ('token_cache_time', 'username', 'password', 'auth_url')
            ),
        )


class BarbicanTest(Scratch):
    def barbican(self):
        with mock.patch('importlib.util.find_spec'):  # it need not be installed
            return Barbican(self.folder, 9311, IDENTITY, {})

    def settings(self):
        self.barbican().prepare()
        return BarbicanSettings.load(self.path)

    @property
    def path(self):
        return self.folder / 'barbican' / 'settings.json'

    def test_later_one_in_a_folder_has_the_key_of_the_earlier_one(self):
        first = self.settings()
        self.assertEqual(first, self.settings())
        self.assertEqual(32, len(base64.urlsafe_b64decode(first.kek)))

    def test_key_is_shown_to_nobody(self):
        settings = self.settings()
        self.assertNotIn(settings.kek, repr(settings))
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (self.path, self.path.parent)]
        self.assertEqual([0o600, 0o700], modes)

    def test_damaged_settings_are_named_with_what_is_lost(self):
        self.settings()
        for content in (b'', b'[]', b'{}', b'\xff'):
            self.path.write_bytes(content)
            with (
                self.subTest(repr(content)),
                self.assertRaisesRegex(SettingsError, f'{self.path} is not .* are lost'),
            ):
                self.barbican().prepare()

    def test_one_that_is_not_installed_is_named_with_the_extra_that_brings_it(self):
        with (
            mock.patch('importlib.util.find_spec', return_value=None),
            self.assertRaisesRegex(MissingExtraError, r"barbican is not .*'\.\[keys\]'"),
        ):
            Barbican(self.folder, 9311, IDENTITY, {})
