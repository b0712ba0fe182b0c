# SPDX-License-Identifier: Apache-2.0
"""The cinder.conf that settings become."""

import configparser
import dataclasses
import pathlib
import tempfile
import unittest

from nova_assist.cloud.cinder_conf import compose, prefix_in
from nova_assist.cloud.errors import SettingsError
from nova_assist.cloud.identity import Identity
from nova_assist.cloud.settings import CinderSettings, Privilege

SETTINGS = CinderSettings(
    folder=pathlib.Path('/clouds/one/cinder'),
    driver='vendor.cinder.Driver',
    port=8776,
    compute_url='http://127.0.0.1:8774/v2.1',
    mount_base=pathlib.Path('/clouds/one/share'),
    shares={'raw': ('localhost:/raw',), 'qcow2': ('localhost:/qcow2',)},
    qcow2_backends=('qcow2',),
    options={},
    fixed_key='00' * 32,
)


def composed(prefix='nfs', **changes):
    parser = configparser.RawConfigParser()
    settings = dataclasses.replace(SETTINGS, **changes)
    parser.read_string(compose(settings, prefix, pathlib.Path('/etc/cinder')))
    return parser


class ComposeTest(unittest.TestCase):
    def test_options_of_a_vendor_get_the_prefix_of_its_driver(self):
        section = composed('vendor')['raw']
        self.assertEqual('/clouds/one/share', section['vendor_mount_point_base'])
        self.assertEqual('/clouds/one/cinder/shares-raw', section['vendor_shares_config'])
        self.assertEqual('true', section['vendor_snapshot_support'])
        self.assertFalse([name for name in section if name.startswith('nfs_')])

    def test_prefix_is_found_again_whatever_options_the_caller_gives(self):
        settings = dataclasses.replace(SETTINGS, options={'nfs_shares_config': '/etc/shares'})
        text = compose(settings, 'vendor', pathlib.Path('/etc/cinder'))
        self.assertEqual('vendor', prefix_in(text))

    def test_only_the_qcow2_backend_makes_qcow2_volumes(self):
        parser = composed()
        self.assertEqual('raw,qcow2', parser['DEFAULT']['enabled_backends'])
        self.assertEqual('false', parser['raw']['nfs_qcow2_volumes'])
        self.assertEqual('true', parser['qcow2']['nfs_qcow2_volumes'])

    def test_figures_are_reported_often_where_shares_can_be_lost(self):
        self.assertNotIn('periodic_interval', composed()['DEFAULT'])
        several = composed(shares={'raw': ('localhost:/raw', 'localhost:/raw-2')})
        self.assertEqual('5', several['DEFAULT']['periodic_interval'])

    def test_option_of_the_caller_wins(self):
        parser = composed(options={'nas_secure_file_operations': 'true', 'nfs_x': '$state_path/x'})
        self.assertEqual('true', parser['raw']['nas_secure_file_operations'])
        self.assertEqual('$state_path/x', parser['qcow2']['nfs_x'])

    def test_who_stands_in_between_is_asked_in_place_of_the_compute_service(self):
        self.assertEqual('http://127.0.0.1:8774/v2.1', composed()['nova']['endpoint'])
        section = composed(passages={'compute': 9})['nova']
        self.assertEqual('http://127.0.0.1:9/v2.1', section['endpoint'])

    def test_dollar_in_a_folder_is_no_expression(self):
        parser = composed(folder=pathlib.Path('/clouds/$host'))
        self.assertEqual('/clouds/$$host/state', parser['DEFAULT']['state_path'])


class KeystoneTest(unittest.TestCase):
    def setUp(self):
        self.conf = composed(identity=Identity(5000, 'pa$word'))

    def test_without_one_every_token_is_believed(self):
        conf = composed()
        self.assertEqual('noauth', conf['DEFAULT']['auth_strategy'])
        self.assertNotIn('keystone_authtoken', conf)

    def test_tokens_are_checked_each_time_and_services_have_to_be_some(self):
        self.assertEqual('keystone', self.conf['DEFAULT']['auth_strategy'])
        section = self.conf['keystone_authtoken']
        self.assertEqual('-1', section['token_cache_time'])
        self.assertEqual('true', section['service_token_roles_required'])

    def test_nova_is_asked_by_an_administrator_and_through_the_catalog(self):
        section = self.conf['nova']
        self.assertEqual(('password', 'nova'), (section['auth_type'], section['username']))
        self.assertEqual('http://127.0.0.1:5000/v3', section['auth_url'])
        self.assertNotIn('endpoint', section)

    def test_dollar_in_a_password_is_no_expression(self):
        for section in ('keystone_authtoken', 'service_user', 'nova'):
            self.assertEqual('pa$$word', self.conf[section]['password'])


class KeysTest(unittest.TestCase):
    def test_without_barbican_there_is_one_key(self):
        for identity in (None, Identity(5000, 'p')):
            conf = composed(identity=identity)
            self.assertEqual(SETTINGS.fixed_key, conf['key_manager']['fixed_key'])
            self.assertNotIn('barbican', conf)

    def test_with_barbican_there_is_none_in_the_file(self):
        conf = composed(identity=Identity(5000, 'pa$word'), barbican_port=9311)
        self.assertEqual('barbican', conf['key_manager']['backend'])
        self.assertNotIn('fixed_key', conf['key_manager'])
        self.assertEqual('http://127.0.0.1:9311', conf['barbican']['barbican_endpoint'])
        self.assertEqual('http://127.0.0.1:5000/v3', conf['barbican']['auth_endpoint'])
        self.assertEqual('pa$$word', conf['barbican_service_user']['password'])

    def test_who_stands_in_between_is_asked_in_place_of_barbican(self):
        passages = {'barbican': 9}
        conf = composed(identity=Identity(5000, 'p'), barbican_port=9311, passages=passages)
        self.assertEqual('http://127.0.0.1:9', conf['barbican']['barbican_endpoint'])


class PrivilegeTest(unittest.TestCase):
    def test_privileged_calls_go_through_sudo_where_it_is_to_be_used(self):
        parser = composed(privilege=Privilege.SUDO)
        for section in ('privsep', 'cinder_sys_admin', 'privsep_osbrick'):
            self.assertRegex(
                parser[section]['helper_command'],
                '^sudo /.*/privsep-helper --config-file /clouds/one/cinder/cinder.conf$',
            )

    def test_otherwise_they_are_not_configured(self):
        for privilege in (Privilege.OURS, Privilege.NONE):
            self.assertNotIn('privsep', composed(privilege=privilege).sections())


class SettingsTest(unittest.TestCase):
    def test_passages_beside_a_keystone_are_refused(self):
        with self.assertRaisesRegex(SettingsError, 'passages .* Keystone'):
            dataclasses.replace(SETTINGS, identity=Identity(5, 'p'), passages={'cinder': 9})

    def test_saved_settings_are_loaded_unchanged(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, 'settings.json')
            changes = [{'privilege': privilege} for privilege in Privilege]
            changes += [{'identity': Identity(5000, 'password')}, {'passages': {'cinder': 9}}]
            changes += [{'barbican_port': 9311}]
            for change in changes:
                settings = dataclasses.replace(SETTINGS, **change)
                settings.save(path)
                self.assertEqual(settings, CinderSettings.load(path))
