# SPDX-License-Identifier: Apache-2.0
import unittest

from oslo_config import cfg
from tempest.lib import exceptions

from tempest_plugin import config
from tempest_plugin.plugin import AssistedSnapshotsPlugin
from tests.unit.tempest_plugin import support


class RegistrationTest(unittest.TestCase):
    def test_plugin_registers_every_option_once(self):
        conf = cfg.ConfigOpts()
        plugin = AssistedSnapshotsPlugin()
        plugin.register_opts(conf)
        plugin.register_opts(conf)
        conf([])
        self.assertEqual(
            {option.name.replace('-', '_') for option in config.OPTIONS},
            set(conf.assisted_snapshots),
        )

    def test_samples_show_what_is_registered(self):
        self.assertEqual(
            [('assisted_snapshots', config.OPTIONS)], AssistedSnapshotsPlugin().get_opt_lists()
        )
        self.assertEqual(config.list_opts(), AssistedSnapshotsPlugin().get_opt_lists())

    def test_each_help_says_when_to_set_the_option(self):
        for option in config.OPTIONS:
            with self.subTest(option.name):
                self.assertRegex(option.help, r'\b(Set it|Unset it)\b')

    def test_features_are_those_of_the_in_tree_driver(self):
        group = support.configuration().assisted_snapshots
        self.assertTrue(group.online)
        beyond = ('clone_attached', 'extend_attached', 'manage', 'revert', 'upload', 'encryption')
        for name in beyond:
            with self.subTest(name):
                self.assertFalse(getattr(group, name))
        self.assertFalse(group.boot_from_volume)

    def test_impossible_values_are_refused(self):
        for name, value in (
            ('share_access', 'nfs'),
            ('file_mode', '888'),
            ('file_mode', 'rw-rw----'),
            ('depth', 0),
            ('data_path', 'serial'),
            ('share_ssh_port', 70000),
        ):
            with self.subTest(name, value=value), self.assertRaises(ValueError):
                getattr(support.configuration(**{name: value}).assisted_snapshots, name)


class SettingsTest(unittest.TestCase):
    def test_defaults_see_no_share_and_judge_no_file(self):
        settings = config.Settings.of(support.configuration())
        self.assertIs(config.ShareAccess.NONE, settings.share_access)
        self.assertEqual(('', '', None), _files(settings))
        self.assertIsNone(settings.sudo_user)

    def test_mode_is_octal(self):
        for text in ('660', '0660'):
            settings = config.Settings.of(support.configuration(file_mode=text))
            self.assertEqual(0o660, settings.file_mode)

    def test_sudo_is_as_root_unless_said_otherwise(self):
        settings = config.Settings.of(support.configuration(share_sudo=True))
        self.assertEqual('root', settings.sudo_user)
        conf = support.configuration(share_sudo=True, share_sudo_user='cinder')
        self.assertEqual('cinder', config.Settings.of(conf).sudo_user)

    def test_what_an_access_needs_is_asked_for(self):
        for set_, missing in (
            ({'share_access': 'local'}, 'share_path'),
            ({'share_access': 'ssh', 'share_path': '/s'}, 'share_ssh_host, share_ssh_key_file'),
        ):
            with self.subTest(missing), self.assertRaises(exceptions.InvalidConfiguration) as told:
                config.Settings.of(support.configuration(**set_))
            self.assertIn(f'{missing} is not set', str(told.exception))

    def test_data_is_seen_by_ssh_where_validation_is_on(self):
        for validation, chosen in ((True, config.DataPath.SSH), (False, config.DataPath.CONSOLE)):
            conf = support.configuration(run_validation=validation)
            self.assertIs(chosen, config.Settings.of(conf).data_path)

    def test_ssh_without_validation_is_refused(self):
        conf = support.configuration(data_path='ssh', run_validation=False)
        with self.assertRaisesRegex(exceptions.InvalidConfiguration, 'run_validation is off'):
            config.Settings.of(conf)

    def test_image_and_type_come_from_tempest_where_we_have_none(self):
        settings = config.Settings.of(support.configuration(image_ref='i', default_type='t'))
        self.assertEqual(('i', 't'), (settings.guest_image_ref, settings.volume_type))
        conf = support.configuration(
            image_ref='i', default_type='t', guest_image_ref='g', volume_type='v'
        )
        settings = config.Settings.of(conf)
        self.assertEqual(('g', 'v'), (settings.guest_image_ref, settings.volume_type))


def _files(settings):
    return settings.file_owner, settings.file_group, settings.file_mode
