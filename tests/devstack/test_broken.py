# SPDX-License-Identifier: Apache-2.0
"""Plugins that are broken on purpose, which the checks have to catch."""

import shutil

from tests.devstack import host
from tests.devstack.case import HostCase


class BrokenTest(HostCase):
    def broken(self, part, old, new):
        """Return a copy of the plugin with a change in a file of lib/."""
        plugin = shutil.copytree(host.PLUGIN, self.folder() / 'devstack')
        path = plugin / 'lib' / part
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))
        return plugin

    def played(self, part, old, new):
        """Stack and clean with it; return the paths that differ."""
        one = self.host(plugin=self.broken(part, old, new))
        before = one.tree()
        one.stack(host.localrc('secure'))
        one.clean(host.localrc('secure'))
        after = one.tree()
        return {name for name in before | after if before.get(name) != after.get(name)}

    def test_unchanged_copy(self):
        self.assertEqual(set(), self.played('undo', 'tac', 'tac'))

    def test_line_left_behind(self):
        for name, change in {
            'etc/libvirt/qemu.conf': ('nova', '-e "s/^$NFS_ASSIST_OFF//"', ''),
            'run/exports': ('server', 'sudo exportfs -u', ': sudo exportfs -u'),
            'etc/group': ('accounts', 'sudo gpasswd --delete', ': sudo gpasswd --delete'),
        }.items():
            with self.subTest(name=name):
                self.assertEqual({name}, self.played(*change))

    def test_change_that_is_not_noted(self):
        self.assertEqual({'etc/group'}, self.played('accounts', 'nfs_assist_note group', ': '))

    def test_change_that_is_noted_too_late(self):
        plugin = self.broken(
            'accounts',
            '    nfs_assist_note group "$NFS_GROUP"\n    sudo groupadd --gid "$NFS_GROUP_ID"'
            ' "$NFS_GROUP"\n',
            '    sudo groupadd --gid "$NFS_GROUP_ID" "$NFS_GROUP"\n    sudo true\n'
            '    nfs_assist_note group "$NFS_GROUP"\n',
        )
        one = self.host(plugin=plugin)
        before = one.tree()
        one.death = 2
        with self.assertRaises(host.Killed):
            one.stack(host.localrc('secure'))
        one.death = 0
        one.clean(host.localrc('secure'))
        with self.assertRaisesRegex(AssertionError, 'etc/group'):
            self.assert_same(before, one.tree(), 'after clean.sh')

    def test_more_taken_back_than_given(self):
        change = ('server', 'sudo rm -f "$1"\n}', 'sudo rm -f "$(dirname "$1")"/*\n}')
        self.assertEqual({'etc/exports.d/other.exports'}, self.played(*change))

    def test_second_time_differs(self):
        more = 'echo more | sudo tee -a "$ROOT/etc/exports"; start_service "$NFS'
        one = self.host(plugin=self.broken('server', 'start_service "$NFS', more))
        one.stack(host.localrc('secure'), ('pre-install',))
        first = one.tree()
        one.stack(host.localrc('secure'), ('pre-install',))
        with self.assertRaisesRegex(AssertionError, 'etc/exports'):
            self.assert_same(first, one.tree(), 'the second time')

    def test_file_outside_the_host(self):
        with self.assertRaisesRegex(host.PluginError, '/etc/exports.d is outside'):
            self.played('server', 'sudo chmod', 'sudo mkdir -p /etc/exports.d; sudo chmod')

    def test_command_that_changes_the_machine(self):
        with self.assertRaisesRegex(host.PluginError, 'useradd: command not found'):
            self.played('accounts', 'sudo usermod', 'useradd x || true; sudo usermod')

    def test_failure_is_not_passed_over(self):
        with self.assertRaisesRegex(host.PluginError, 'ended with'):
            self.played('server', 'sudo chmod "$mode"', 'false; sudo chmod "$mode"')
