# SPDX-License-Identifier: Apache-2.0
"""What is composed and written for a cloud with a Keystone."""

import configparser
import dataclasses
import pathlib
import stat
import tempfile
import unittest
from unittest import mock

import yaml

from nova_assist.cloud import (
    client_files,
    identity,
    keystone_conf,
    private,
    surroundings,
    tempest_conf,
)
from nova_assist.cloud.clients import KeystoneEndpoints
from nova_assist.cloud.errors import FolderError, MissingExtraError, SettingsError
from nova_assist.cloud.identity import Identity, Role
from nova_assist.cloud.keystone import Keystone
from nova_assist.cloud.keystone_settings import KeystoneSettings

KEYSTONE = Identity(5000, 'pa$$word')
SHARE = tempest_conf.Share(pathlib.Path('/clouds/one/share'), 107, 42436, False)
SURROUNDINGS = tempest_conf.Surroundings(
    backends=('raw', 'qcow2'),
    vendor='Vendor',
    protocol='nfs',
    extends_attached=True,
    images={'stand-in': 'image-1', 'console-guest': 'image-2'},
    flavors=('1', '2'),
    share=SHARE,
)


def parsed(text):
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return parser


def composed(**changes):
    changed = dataclasses.replace(SURROUNDINGS, **changes)
    folder = pathlib.Path('/clouds/$one')
    return parsed(tempest_conf.compose(folder, KEYSTONE, changed, folder / 'accounts.yaml'))


class Scratch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class PeopleTest(unittest.TestCase):
    def named(self, role):
        return {person.name for person in identity.PEOPLE if role in person.roles}

    def test_administrators_are_those_who_are_called_so_and_nova(self):
        expected = {'admin', 'admin-2', 'admin-service', 'admin-service-2', 'nova'}
        self.assertEqual(expected, self.named(Role.ADMIN))

    def test_services_are_those_who_are_called_so_and_those_of_the_cloud(self):
        expected = {name for name in self.named(Role.SERVICE) if name.startswith('demo-service')}
        expected |= {'admin-service', 'admin-service-2', 'barbican', 'cinder', 'nova'}
        self.assertEqual(expected, self.named(Role.SERVICE))

    def test_members_have_no_other_role(self):
        members = [person for person in identity.PEOPLE if Role.MEMBER in person.roles]
        self.assertEqual({(Role.MEMBER,)}, {person.roles for person in members})

    def test_catalog_has_the_project_in_the_older_url_of_cinder_only(self):
        entries = identity.catalog('http://k', 'http://c/v3', 'http://n', {'image': 'http://i'})
        urls = {entry.type: entry.url for entry in entries}
        self.assertEqual('http://c/v3/$(project_id)s', urls.pop('volumev3'))
        self.assertEqual(
            {
                'identity': 'http://k',
                'compute': 'http://n',
                'block-storage': 'http://c/v3',
                'image': 'http://i',
            },
            urls,
        )


class KeystoneConfTest(unittest.TestCase):
    def test_everything_is_in_the_folder_whatever_its_name(self):
        conf = parsed(keystone_conf.compose(pathlib.Path('/clouds/$one')))
        self.assertEqual('sqlite:////clouds/$$one/keystone.sqlite', conf['database']['connection'])
        for section in ('fernet_tokens', 'credential'):
            self.assertRegex(conf[section]['key_repository'], r'^/clouds/\$\$one/')


class KeystoneTest(Scratch):
    def keystone(self):
        with mock.patch('importlib.util.find_spec'):  # it need not be installed
            return Keystone(self.folder, 5000, {})

    def prepared(self):
        keystone = self.keystone()
        keystone.prepare(KeystoneEndpoints('c', 'n', keystone.identity, self.folder), [])
        return keystone

    def test_folder_keeps_its_password(self):
        first = self.prepared()
        self.assertEqual(first.identity, self.keystone().identity)

    def test_password_that_another_cloud_has_left_meanwhile(self):
        early = self.keystone()
        other = self.prepared()
        with self.assertRaisesRegex(FolderError, f'{self.folder} just now .*start this one'):
            early.prepare(KeystoneEndpoints('c', 'n', early.identity, self.folder), [])
        self.assertEqual(other.identity, self.keystone().identity)

    def test_each_folder_has_a_password_of_its_own(self):
        self.assertNotEqual(self.keystone().identity, self.keystone().identity)

    def test_settings_are_read_as_they_were_written(self):
        self.prepared()
        path = self.folder / 'keystone' / 'settings.json'
        settings = KeystoneSettings.load(path)
        settings.save(path)
        self.assertEqual(settings, KeystoneSettings.load(path))

    def test_damaged_settings_are_named_with_the_cure(self):
        self.prepared()
        path = self.folder / 'keystone' / 'settings.json'
        for content in (b'', b'[]', b'{}', b'{"folder": "x", "identity": {}}', b'\xff'):
            path.write_bytes(content)
            with (
                self.subTest(repr(content)),
                self.assertRaisesRegex(SettingsError, f'{path} is not .*; remove it'),
            ):
                self.keystone()

    def test_what_is_missing_is_named_with_the_extra_that_brings_it(self):
        with (
            mock.patch('importlib.util.find_spec', return_value=None),
            self.assertRaisesRegex(MissingExtraError, r'keystone .*\.\[identity\]'),
        ):
            Keystone(self.folder, 5000, {})


class EnvironmentTest(unittest.TestCase):
    def setUp(self):
        self.endpoints = KeystoneEndpoints('c', 'n', KEYSTONE, pathlib.Path('/clouds/one'))

    def test_users_act_at_home(self):
        for project in (None, 'demo'):
            found = self.endpoints.environment(project, 'demo')
            self.assertEqual('demo', found['OS_CLOUD'])
            self.assertEqual('/clouds/one/clouds.yaml', found['OS_CLIENT_CONFIG_FILE'])

    def test_project_that_is_not_the_users_is_refused(self):
        for project, user in (('demo', 'admin'), ('alt', 'demo'), (None, 'nova'), ('demo', 'x')):
            with (
                self.subTest(user),
                self.assertRaisesRegex(SettingsError, f'{user} can not .* project {project};'),
            ):
                self.endpoints.environment(project, user)


class FurtherTest(unittest.TestCase):
    def test_what_a_cloud_says_otherwise_wins_and_the_rest_stays(self):
        plain = composed()
        found = composed(further={'volume': {'build_timeout': '600', 'volume_size': '2'}})
        self.assertEqual(
            {**plain['volume'], 'build_timeout': '600', 'volume_size': '2'}, dict(found['volume'])
        )
        self.assertEqual(dict(plain['compute']), dict(found['compute']))


class PrivateTest(Scratch):
    def test_file_that_others_could_read_is_replaced_by_one_that_they_can_not(self):
        path = self.folder / 'file'
        path.touch(0o666)
        with path.open() as opened:
            private.write(path, 'secret')
            self.assertEqual('', opened.read())
        self.assertEqual('secret', path.read_text())
        self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode))
        self.assertEqual([path], list(self.folder.iterdir()))


class ClientFilesTest(Scratch):
    def test_all_are_private_and_written_again(self):
        for _ in range(2):
            client_files.write(self.folder, KEYSTONE, SURROUNDINGS)
        files = [path for path in self.folder.iterdir() if path.is_file()]
        self.assertEqual(
            {'clouds.yaml', 'accounts.yaml', 'tempest.conf'}, {path.name for path in files}
        )
        for path in files:
            self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode), path)

    def test_clouds_yaml_has_a_cloud_for_each_user(self):
        client_files.write(self.folder, KEYSTONE, SURROUNDINGS)
        clouds = yaml.safe_load((self.folder / 'clouds.yaml').read_text())['clouds']
        self.assertEqual([user.name for user in identity.USERS], list(clouds))
        self.assertEqual('pa$$word', clouds['demo']['auth']['password'])

    def test_two_workers_of_tempest_find_two_of_each_and_two_members_each_first(self):
        roles = [tuple(account['roles']) for account in client_files.accounts(KEYSTONE)]
        others = (('admin',), ('reader',), ('service',), ('admin', 'service'))
        self.assertEqual([2, 2, 2, 2], [roles.count(each) for each in others])
        ordinary = [each for each in roles if 'admin' not in each]
        self.assertEqual([('member',)] * 4, ordinary[:4])

    def test_tempest_never_takes_an_administrator_for_somebody_else(self):
        for account in client_files.accounts(KEYSTONE):
            self.assertEqual('admin' in account['roles'], 'admin' in account['types'], account)


class TempestConfTest(unittest.TestCase):
    def test_dollars_are_no_expressions(self):
        conf = composed()
        self.assertEqual('/clouds/$$one/tempest-locks', conf['oslo_concurrency']['lock_path'])
        self.assertEqual('pa$$$$word', conf['auth']['admin_password'])

    def test_driver_is_known_by_what_it_says_of_itself(self):
        volume = composed(vendor='Acme', protocol='magic')['volume']
        self.assertEqual(('Acme', 'magic'), (volume['vendor_name'], volume['storage_protocol']))

    def test_attached_volumes_are_extended_where_the_driver_says_so(self):
        for extends, expected in ((True, 'true'), (False, 'false')):
            features = composed(extends_attached=extends)['volume-feature-enabled']
            self.assertEqual(expected, features['extend_attached_volume'])

    def test_what_the_driver_does_not_say_is_left_out(self):
        for vendor, protocol in ((None, None), ('', '')):
            volume = composed(vendor=vendor, protocol=protocol)['volume']
            self.assertEqual(set(), {'vendor_name', 'storage_protocol'} & set(volume))

    def test_protocol_is_the_first_of_several_names(self):
        for told, expected in (
            (['NFS', 'nfs'], 'NFS'),
            ('nfs', 'nfs'),
            ([], None),
            ('', None),
            (None, None),
        ):
            self.assertEqual(expected, surroundings._protocol(told), told)

    def test_files_are_to_be_of_the_account_and_mode_of_the_cloud(self):
        for secure, mode in ((False, '0666'), (True, '0660')):
            ours = composed(share=dataclasses.replace(SHARE, secure=secure))['assisted_snapshots']
            names = ('file_owner', 'file_group', 'file_mode', 'secure_mode')
            expected = ['107', '42436', mode, str(secure).lower()]
            self.assertEqual(expected, [ours[name] for name in names])

    def test_files_of_services_that_root_runs_may_be_roots(self):
        share = dataclasses.replace(SHARE, secure=True, owner=0)
        ours = composed(share=share)['assisted_snapshots']
        self.assertEqual(('0660', 'false'), (ours['file_mode'], ours['secure_mode']))

    def test_console_is_read_where_there_is_a_guest_that_talks(self):
        ours = composed()['assisted_snapshots']
        self.assertEqual(('console', 'image-2'), (ours['data_path'], ours['guest_image_ref']))
        without = composed(images={'stand-in': 'image-1'})['assisted_snapshots']
        self.assertEqual('volume', without['data_path'])
        self.assertNotIn('guest_image_ref', without)

    def test_what_the_driver_can_do_is_left_to_who_knows_it(self):
        ours = composed()['assisted_snapshots']
        for feature in ('online', 'clone_attached', 'extend_attached', 'revert', 'encryption'):
            self.assertNotIn(feature, ours)
