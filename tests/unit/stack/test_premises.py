# SPDX-License-Identifier: Apache-2.0
"""Which mounts a stack is to have."""

import unittest
from pathlib import Path

from tests.stack import premises
from tests.stack.namespace import Mount
from tests.stack.settings import Share
from tests.unit.stack import samples


class MountsTest(unittest.TestCase):
    def targets(self, **different):
        return [each.target for each in premises.mounts(samples.settings(**different))]

    def test_local_share_is_a_file_system_of_its_own_below_a_stand_in_for_nfs(self):
        settings = samples.settings()
        found = {each.target: each for each in premises.mounts(settings)}
        self.assertEqual('image', found[settings.exported.parent].kind)
        self.assertTrue(any(path.name == 'mount.nfs' for path in found))

    def test_share_of_the_lab_is_mounted_by_the_real_thing(self):
        targets = self.targets(share=Share.NFS, exported=Path('/srv/squash'))
        self.assertFalse([path for path in targets if path.name == 'mount.nfs'])
        self.assertNotIn(Path('/run'), targets)

    def test_nothing_of_ours_in_run_is_hidden_by_its_own_mount(self):
        targets = self.targets()
        self.assertLess(targets.index(Path('/run')), targets.index(Path('/run/libvirt')))


class MountTest(unittest.TestCase):
    def test_each_kind_has_its_command(self):
        target, source = Path('/a'), Path('/b')
        for kind, command in (
            ('bind', ['mount', '--bind', '/b', '/a']),
            ('image', ['mount', '-o', 'loop', '/b', '/a']),
        ):
            self.assertEqual(command, Mount(target, source, kind).command())
        self.assertEqual(
            ['mount', '-t', 'tmpfs', 'none', '/a'], Mount(target, kind='tmpfs').command()
        )
