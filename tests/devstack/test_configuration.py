# SPDX-License-Identifier: Apache-2.0
"""What the plugin writes into the files of Cinder, Nova, libvirt, tempest and the NFS server."""

import collections
import re

import tempest.config
from oslo_config import cfg

import tempest_plugin.config
from driver import options, share_list
from tests.devstack import host
from tests.devstack.case import HostCase
from tests.judged import IN_TREE, OURS

EXPORTS = 'etc/exports.d/stack_nfs.exports'
TEMPEST_CONF = 'opt/stack/tempest/etc/tempest.conf'

#: Options of cinder-tempest-plugin, which needs not be installed.
_OF_CINDER_TEMPEST_PLUGIN = {'concurrency_tests', 'volume_image_dep_tests', 'volume_revert'}


class ConfigurationTest(HostCase):
    def stacked(self, sample, further='', family='debian'):
        one = self.host(family)
        one.stack(f'{host.localrc(sample)}\n{further}\n')
        return one

    def settings(self, one, backend):
        """Return what the driver makes of its section in cinder.conf."""
        return options.parse(self.section(one, backend), 'nfs')

    def section(self, one, backend):
        conf = cfg.ConfigOpts()
        conf(['--config-file', str(one.root / 'etc/cinder/cinder.conf')])
        conf.register_opts(options.ALL, group=backend)
        of_cinder = [
            cfg.IntOpt('reserved_percentage', default=0),
            cfg.StrOpt('max_over_subscription_ratio', default='20.0'),
        ]
        conf.register_opts(of_cinder, group=backend)
        return conf[backend]

    def exports(self, one):
        """Return the options by folder and client."""
        found = {}
        for line in one.read(EXPORTS).splitlines():
            folder, *clients = line.split()
            for client in clients:
                name, given = client.rstrip(')').split('(')
                found[folder, name] = given.split(',')
        return found

    def test_secure_mode(self):
        one = self.stacked('secure')
        cinder = one.ini('etc/cinder/cinder.conf')
        self.assertEqual(OURS, cinder['nfs']['volume_driver'])
        self.assertEqual('nfs', cinder['nfs']['volume_backend_name'])
        self.assertNotIn('nas_host', cinder['nfs'], 'it would win over the list of shares')
        settings = self.settings(one, 'nfs')
        self.assertIs(True, settings.secure_operations)
        self.assertIs(True, settings.secure_permissions)
        self.assertTrue(settings.snapshots)
        self.assertFalse(settings.qcow2)
        section = self.section(one, 'nfs')
        self.assertEqual('vers=4.2,hard', share_list.mount_options(section, 'nfs'))
        self.assertEqual([f'192.0.2.10:{one.root}/srv/nfs1'], [*share_list.read(section, 'nfs')])
        nova = one.ini('etc/nova/nova.conf')
        self.assertEqual('vers=4.2,hard', nova['libvirt']['nfs_mount_options'])
        for given in self.exports(one).values():
            self.assertIn('root_squash', given)
        folder = one.root / 'srv/nfs1'
        self.assertEqual(0o2771, folder.stat().st_mode & 0o7777)
        self.assertIn(f'{folder} stack:volumes\n', one.read('run/owners'))
        self.assertIn('volumes:x:9000:stack\n', one.read('etc/group'))
        self.assertIn('kvm:x:104:libvirt-qemu,stack\n', one.read('etc/group'))
        self.assertIn(
            'user = "stack"\ngroup = "volumes"\ndynamic_ownership = 0\n',
            one.read('etc/libvirt/qemu.conf'),
        )
        self.assertIn(
            'opt/stack/data/nova/mnt/*/volume-* rwk,\n',
            one.read('etc/apparmor.d/abstractions/libvirt-qemu.d/nova-assist'),
        )

    def test_insecure_mode_leaves_accounts_and_libvirt_alone(self):
        one = self.host()
        before = one.tree()
        one.stack(host.localrc('insecure'))
        settings = self.settings(one, 'nfs')
        self.assertIs(False, settings.secure_operations)
        self.assertIs(False, settings.secure_permissions)
        for given in self.exports(one).values():
            self.assertIn('no_root_squash', given)
        after = one.tree()
        for name in ('etc/group', 'etc/libvirt/qemu.conf'):
            self.assertEqual(before[name], after[name])
        found = one.ini(TEMPEST_CONF)['assisted_snapshots']
        self.assertEqual(('False', '0666'), (found['secure_mode'], found['file_mode']))
        self.assertNotIn('file_owner', found)

    def test_options_of_access_that_are_set_win_over_the_mode(self):
        settings = self.settings(self.stacked('secure', 'NFS_SECURE_FILE_OPERATIONS=False'), 'nfs')
        self.assertEqual((False, True), (settings.secure_operations, settings.secure_permissions))

    def test_qcow2(self):
        self.assertTrue(self.settings(self.stacked('qcow2'), 'nfs').qcow2)

    def test_nova_is_asked_as_a_service(self):
        nova = self.stacked('secure').ini('etc/cinder/cinder.conf')['nova']
        self.assertEqual(
            ('password', 'nova', 'service', 'http://192.0.2.10/identity'),
            tuple(nova[name] for name in ('auth_type', 'username', 'project_name', 'auth_url')),
        )

    def test_control_beside_ours(self):
        one = self.stacked('control')
        cinder = one.ini('etc/cinder/cinder.conf')
        self.assertEqual('control,nfs', cinder['DEFAULT']['enabled_backends'])
        self.assertEqual(
            [OURS, IN_TREE], [cinder[name]['volume_driver'] for name in ('nfs', 'control')]
        )
        self.assertIs(True, self.settings(one, 'nfs').secure_permissions)
        self.assertIs(False, self.settings(one, 'control').secure_permissions)
        squashing = {
            folder.rpartition('/')[2]: next(each for each in given if 'root_squash' in each)
            for (folder, _), given in self.exports(one).items()
        }
        self.assertEqual({'nfs1': 'no_root_squash', 'nfs1-nfs': 'root_squash'}, squashing)
        self.assertEqual('control', one.ini(TEMPEST_CONF)['assisted_snapshots']['volume_type'])

    def test_backend_of_another_type_is_left_alone(self):
        one = self.stacked('secure', 'CINDER_ENABLED_BACKENDS=lvm:lvm-1,nfs:nfs-1')
        cinder = one.ini('etc/cinder/cinder.conf')
        self.assertEqual(IN_TREE, cinder['lvm-1']['volume_driver'], 'as devstack has left it')
        self.assertEqual(OURS, cinder['nfs-1']['volume_driver'])

    def test_server_of_a_vendor(self):
        one = self.stacked('vendor')
        self.assertFalse((one.root / EXPORTS).exists())
        self.assertNotIn('nfs-kernel-server', one.log)
        shares = share_list.read(self.section(one, 'nfs'), 'nfs')
        self.assertEqual(['198.51.100.20:/vol/cinder'], [*shares])
        self.assertEqual(
            'vendor.module.Driver', one.ini('etc/cinder/cinder.conf')['nfs']['volume_driver']
        )
        found = one.ini(TEMPEST_CONF)['assisted_snapshots']
        self.assertEqual('stack', found['share_sudo_user'], 'root is squashed there')
        self.assertTrue(found['share_path'].endswith('/opt/stack/data/cinder/mnt'))
        self.assertEqual('False', found['clone_attached'], 'nobody has said that it can')

    def test_vendor_edits_three_lines(self):
        text = (host.SAMPLES / 'vendor.conf').read_text()
        self.assertEqual(3, len(re.findall(r'^NFS_', text, flags=re.MULTILINE)))

    def test_list_of_shares(self):
        shares = '198.51.100.1:/a -o vers=3\n198.51.100.2:/b'
        one = self.stacked('secure', f"CINDER_NFS_SERVERPATH='{shares}'")
        self.assertFalse((one.root / EXPORTS).exists())
        found = share_list.read(self.section(one, 'nfs'), 'nfs')
        self.assertEqual({'198.51.100.1:/a': '-o vers=3', '198.51.100.2:/b': None}, found)

    def test_controller_exports_to_all_and_locks_for_all(self):
        one = self.stacked('controller')
        self.assertEqual({'192.0.2.0/24'}, {client for _, client in self.exports(one)})
        url = one.ini('etc/cinder/cinder.conf')['coordination']['backend_url']
        self.assertEqual('etcd3+http://192.0.2.10:2379?api_version=v3', url)

    def test_compute_mounts(self):
        one = self.stacked('compute')
        self.assertFalse((one.root / EXPORTS).exists())
        self.assertNotIn('volume_driver = driver', one.read('etc/cinder/cinder.conf'))
        self.assertNotIn('setup_develop', one.log)
        self.assertNotIn('nfs-kernel-server', one.log)
        self.assertIn('nfs_mount_options', one.read('etc/nova/nova.conf'))
        self.assertIn('dynamic_ownership = 0', one.read('etc/libvirt/qemu.conf'))
        self.assertIn('volumes:x:9000:stack\n', one.read('etc/group'))

    def test_packages_and_account_of_each_family(self):
        changing = 'NFS_DYNAMIC_OWNERSHIP=1'
        for family, packages, account in (
            ('debian', 'install nfs-common nfs-kernel-server', 'libvirt-qemu'),
            ('rhel', 'install nfs-utils', 'qemu'),
        ):
            with self.subTest(family=family):
                one = self.stacked('secure', changing, family)
                self.assertIn(f'{packages}\n', one.log)
                self.assertIn(f'user = "{account}"\n', one.read('etc/libvirt/qemu.conf'))
                self.assertIn(f'volumes:x:9000:stack,{account}\n', one.read('etc/group'))

    def test_tempest_knows_each_option(self):
        known = collections.defaultdict(set)
        known['volume-feature-enabled'] |= _OF_CINDER_TEMPEST_PLUGIN
        for group, given in [*tempest.config.list_opts(), *tempest_plugin.config.list_opts()]:
            known[getattr(group, 'name', group)] |= {option.name for option in given}
        found = self.stacked('secure', 'NFS_TEMPEST_DATA_PATH=volume').ini(TEMPEST_CONF)
        for section, given in found.items():
            self.assertLessEqual(set(given), known[section], section)

    def test_tempest_in_secure_mode(self):
        found = self.stacked('secure').ini(TEMPEST_CONF)
        ours = found['assisted_snapshots']
        self.assertEqual(
            ('True', 'stack', 'volumes', '0660'),
            tuple(ours[f] for f in ('secure_mode', 'file_owner', 'file_group', 'file_mode')),
        )
        conf = cfg.ConfigOpts()
        conf.register_opts(tempest_plugin.config.OPTIONS, group='assisted_snapshots')
        path = self.folder() / 'tempest.conf'
        path.write_text(
            '\n'.join(('[assisted_snapshots]', *(f'{k} = {v}' for k, v in ours.items())))
        )
        conf(['--config-file', str(path)])
        for option in tempest_plugin.config.OPTIONS:
            getattr(conf.assisted_snapshots, option.name)
        self.assertEqual('nfs', found['volume']['storage_protocol'])
        self.assertEqual('nova-assist', found['volume']['vendor_name'])
        self.assertEqual('True', found['volume-feature-enabled']['volume_revert'])

    def test_volumes_are_managed_whose_format_nobody_has_to_state(self):
        for sample, managed in (('secure', 'True'), ('qcow2', 'False')):
            found = self.stacked(sample).ini(TEMPEST_CONF)
            self.assertEqual(managed, found['assisted_snapshots']['manage'], sample)
            self.assertEqual(managed, found['volume-feature-enabled']['manage_volume'], sample)
            self.assertEqual(managed, found['volume-feature-enabled']['manage_snapshot'], sample)
            self.assertEqual('source-name,%s', found['volume']['manage_snapshot_ref'], sample)

    def test_what_tempest_may_expect_can_be_said(self):
        found = self.stacked(
            'vendor', 'NFS_TEMPEST_FEATURES="revert"\nTEMPEST_EXTEND_ATTACHED_VOLUME=True'
        ).ini(TEMPEST_CONF)
        self.assertEqual('True', found['assisted_snapshots']['revert'])
        self.assertEqual('True', found['volume-feature-enabled']['volume_revert'])
        self.assertEqual('True', found['volume-feature-enabled']['extend_attached_volume'])
        self.assertEqual('False', found['assisted_snapshots']['upload'])

    def test_tempest_gets_the_plugin_beside_others(self):
        one = self.stacked('secure', 'TEMPEST_PLUGINS=/opt/stack/cinder-tempest-plugin')
        self.assertIn(
            f'TEMPEST_PLUGINS=/opt/stack/cinder-tempest-plugin {host.PLUGIN.parent}\n', one.log
        )
