# SPDX-License-Identifier: Apache-2.0
"""What was on a host before the plugin, or came beside it, is there after it."""

from tests.devstack import host
from tests.devstack.case import HostCase

QEMU_CONF = 'etc/libvirt/qemu.conf'


class UndoTest(HostCase):
    def setUp(self):
        self.one = self.host()
        self.localrc = host.localrc('secure')

    def assert_back(self, localrc=None):
        """Stack and clean, and compare."""
        before = self.one.tree()
        self.one.stack(localrc or self.localrc)
        self.one.clean(localrc or self.localrc)
        self.assert_same(before, self.one.tree(), 'after clean.sh')

    def test_folder_that_was_there(self):
        folder = self.one.root / 'srv/nfs1'
        for mode in (0o750, 0o3777):
            with self.subTest(mode=oct(mode)):
                self.one.write('srv/nfs1/others', 'data')
                folder.chmod(mode)
                self.one.write('run/owners', f'{folder} 1001:1001\n')
                self.assert_back()

    def test_folder_several_levels_down(self):
        self.assert_back(f'{self.localrc}\nNFS_EXPORT_DIR={self.one.root}/srv/a/b/c')

    def test_volumes_outlast_unstack(self):
        self.one.stack(self.localrc)
        self.one.write('srv/nfs1/volume-1', 'data')
        self.one.unstack(self.localrc)
        self.assertEqual('data', self.one.read('srv/nfs1/volume-1'))
        self.one.clean(self.localrc)
        self.assertFalse((self.one.root / 'srv/nfs1').exists())

    def test_group_and_memberships_that_were_there(self):
        groups = self.one.read('etc/group').replace('qemu\nlib', 'qemu,stack\nlib')
        self.one.write('etc/group', f'{groups}volumes:x:7777:someone,stack\n')
        self.assert_back()

    def test_member_added_by_somebody_else_stays(self):
        self.one.write('etc/group', f'{self.one.read("etc/group")}volumes:x:7777:someone\n')
        self.one.stack(self.localrc)
        groups = self.one.read('etc/group')
        self.one.write('etc/group', groups.replace('someone,stack', 'someone,stack,backup'))
        self.one.clean(self.localrc)
        self.assertIn('volumes:x:7777:someone,backup\n', self.one.read('etc/group'))

    def test_no_configuration_of_libvirt(self):
        (self.one.root / QEMU_CONF).unlink()
        self.assert_back()

    def test_configurations_of_libvirt_of_all_forms(self):
        for text in ('', '\n', 'user="root"', '# user = "x"\n\n', 'group = "a"\ngroup = "b"\n'):
            with self.subTest(text=text):
                self.one.write(QEMU_CONF, text)
                self.assert_back()

    def test_line_that_devstack_adds_between_stays(self):
        before = 'user = "tss"\n'
        self.one.write(QEMU_CONF, before)
        self.one.stack(self.localrc)
        added = 'vnc_tls = 1\n'
        self.one.write(QEMU_CONF, self.one.read(QEMU_CONF) + added)
        self.one.clean(self.localrc)
        self.assertEqual(before + added, self.one.read(QEMU_CONF))

    def test_line_of_libvirt_is_not_in_force_meanwhile(self):
        self.one.stack(self.localrc)
        lines = [line for line in self.one.read(QEMU_CONF).splitlines() if 'user' in line[:8]]
        self.assertEqual(['user = "stack"'], lines)

    def test_end_of_our_lines_was_lost(self):
        self.one.stack(self.localrc)
        text = self.one.read(QEMU_CONF)
        damaged = text.replace('# End of what the devstack plugin of nova-assist has added.\n', '')
        self.one.write(QEMU_CONF, damaged)
        self.one.unstack(self.localrc)
        self.assertEqual(damaged, self.one.read(QEMU_CONF), 'nothing is guessed')
        self.assertIn('qemu_conf', self.one.read('var/lib/nova-assist-devstack.undo'))

    def test_server_that_did_not_run(self):
        self.one.write('run/services', 'libvirtd\n')
        self.one.write('run/exports', '')
        self.assert_back()

    def test_mounts_of_the_cloud_go_and_those_of_others_stay(self):
        self.one.stack(self.localrc)
        share = f'192.0.2.10:{self.one.root}/srv/nfs1'
        mine, kept = (f'{self.one.root}/opt/stack/data/cinder/mnt/1', f'{self.one.root}/mnt')
        nova = f'{self.one.root}/opt/stack/data/nova/mnt/1'
        for place in (mine, nova, kept):
            self.one.mount(share, place)
        self.one.unstack(self.localrc)
        self.assertEqual(
            f'203.0.113.9:/vol/home /home\n{share} {kept}\n', self.one.read('run/mounts')
        )

    def test_settings_that_have_changed_since(self):
        before = self.one.tree()
        self.one.stack(self.localrc)
        self.one.clean('NFS_MODE=insecure\nNFS_GROUP=other\nENABLE_NFS_CINDER=False\n')
        self.assert_same(before, self.one.tree(), 'after clean.sh')

    def test_mode_that_has_changed_since_without_unstack(self):
        self.one.stack(self.localrc)
        self.one.stack(host.localrc('insecure'))
        self.assertNotIn('nova-assist', self.one.read(QEMU_CONF))
        self.assertNotIn('volumes', self.one.read('etc/group'))
        self.assertEqual(0o755, (self.one.root / 'srv/nfs1').stat().st_mode & 0o7777)

    def test_stack_that_stopped_after_a_phase(self):
        before = self.one.tree()
        for count in range(1, len(host.PHASES)):
            with self.subTest(last=host.PHASES[count - 1]):
                self.one.stack(self.localrc, host.PHASES[:count])
                self.one.clean(self.localrc)
                self.assert_same(before, self.one.tree(), 'after clean.sh')


class RefusalsTest(HostCase):
    def test_setting_that_can_not_be_meant_is_refused_before_anything_is_done(self):
        for line, words in (
            ('NFS_MODE=secur', 'NFS_MODE=secur for backend nfs is neither secure nor insecure'),
            ('NFS_EXPORT_DIR=srv', 'NFS_EXPORT_DIR=srv for backend nfs is no absolute path'),
            ('NFS_EXPORT_DIR="/a b"', 'is no absolute path without blanks'),
            ('NFS_GROUP_ID=volumes', 'NFS_GROUP_ID=volumes is no number'),
            ('NFS_DYNAMIC_OWNERSHIP=no', 'neither 0 nor 1'),
            ('CINDER_ENABLED_BACKENDS=lvm:lvm', 'has no backend of type nfs'),
        ):
            with self.subTest(line=line):
                one = self.host()
                before = one.tree()
                with self.assertRaisesRegex(host.PluginError, words):
                    one.stack(f'{host.localrc("secure")}\n{line}\n')
                self.assert_same(before, one.tree(), line)
