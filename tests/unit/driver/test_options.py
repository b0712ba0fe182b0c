# SPDX-License-Identifier: Apache-2.0
import unittest

from cinder.volume import configuration
from oslo_config import cfg

from driver import exceptions, options


class ParseTest(unittest.TestCase):
    def parse(self, **values):
        conf = configuration.Configuration(options.ALL, config_group='backend')
        conf.append_config_values(configuration_options())
        for name, value in values.items():
            cfg.CONF.set_override(name, value, group='backend')
            self.addCleanup(cfg.CONF.clear_override, name, group='backend')
        return options.parse(conf, 'nfs')

    def test_defaults_are_those_of_the_in_tree_driver(self):
        found = self.parse()
        self.assertTrue(found.sparse)
        self.assertFalse(found.qcow2)
        self.assertFalse(found.snapshots)
        self.assertIsNone(found.secure_permissions)
        self.assertEqual((600, 7200), (found.create_timeout, found.delete_timeout))

    def test_three_way_options_become_booleans(self):
        for text, value in (('True', True), ('false', False), ('auto', None)):
            with self.subTest(text):
                found = self.parse(nas_secure_file_permissions=text)
                self.assertIs(value, found.secure_permissions)

    def test_over_subscription_is_a_number_or_automatic(self):
        for text, value in (('20.0', 20.0), ('1', 1.0), ('auto', None)):
            with self.subTest(text):
                found = self.parse(max_over_subscription_ratio=text)
                self.assertEqual(value, found.over_subscription)
        with self.assertRaisesRegex(exceptions.ConfigurationError, 'ratio = 0.5 .*less than 1'):
            self.parse(max_over_subscription_ratio='0.5')

    def test_bad_value_is_named(self):
        with self.assertRaisesRegex(exceptions.ConfigurationError, 'operations = maybe'):
            self.parse(nas_secure_file_operations='maybe')


class NamedTest(unittest.TestCase):
    def test_driver_of_another_name_has_all_options_under_it(self):
        conf = configuration.Configuration(options.named('vendor'), config_group='vendors')
        conf.append_config_values(configuration_options())
        for name, value in (
            ('vendor_qcow2_volumes', True),
            ('nas_secure_file_operations', 'true'),
        ):
            cfg.CONF.set_override(name, value, group='vendors')
            self.addCleanup(cfg.CONF.clear_override, name, group='vendors')
        found = options.parse(conf, 'vendor')
        self.assertEqual('vendor', found.prefix)
        self.assertIs(True, found.qcow2)
        self.assertIs(True, found.secure_operations)

    def test_names_of_the_nfs_driver_stay_as_they_are(self):
        self.assertIn('nfs_qcow2_volumes', [each.name for each in options.named('nfs')])
        self.assertNotIn('nfs_qcow2_volumes', [each.name for each in options.named('vendor')])


def configuration_options():
    """Return what Cinder's own base class adds to a backend section."""
    from cinder.volume import driver

    return driver.volume_opts
