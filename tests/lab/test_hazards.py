# SPDX-License-Identifier: Apache-2.0
"""Hazards of Cinder's NFS driver that show under accounts and squashing: it fails, ours passes.

Those that need no NFS are in ``tests/functional/test_hazards.py``.
"""

import contextlib
import os
import pathlib
import subprocess
import tempfile
import unittest

from nova_assist import client
from nova_assist.accounts import Account, Accounts
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.errors import ServiceError
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.story import Story
from tests.judged import IN_TREE, OURS
from tests.lab import nfs, stories

IN_TREE_WITHOUT_ROOT = 'tests.lab.drivers.InTreeWithoutRoot'


def _attach(stage):
    with stage.step('create a volume, attach it and detach it'):
        volume = stage.volumes.create('v1')
        stage.servers.attach(stage.servers.create('a'), volume)
        stage.servers.start_writing(volume)
        stage.servers.detach(volume)


def _owners(stage):
    # Not judged: the control has made files 0644 by then, which is another hazard.
    with stage.step('create and snapshot twice', judged=False):
        volume = stage.volumes.create('v1')
        for name in ('s1', 's2'):
            stage.volumes.write(volume)
            stage.volumes.snapshot(volume, name)
    files = sorted(
        path for path in stage.context.share.glob(f'volume-{volume.id}*') if path.suffix != '.info'
    )
    with stage.step("files are QEMU's, of the shared group: delete s1", judged=False):
        _give(files, 'qemu:volumes')
        stage.volumes.delete_snapshot(volume, 's1')
    left = [path for path in files if path.exists()]
    with stage.step('files are root:root 0660: delete s2 is refused, and says why', judged=False):
        _give(left, 'root:root')
        _refused(stage, volume, left)
    with stage.step('they are given back: delete s2'):
        _give(left, 'cinder:volumes')
        stage.volumes.reset_snapshot(volume.snapshot('s2').id, 's2', 'available')
        stage.volumes.delete_snapshot(volume, 's2')


def _give(files, owner):
    """Change owners as libvirt does, as root: this thread acts as Cinder's account."""
    subprocess.run(['chown', owner, *map(str, files)], check=True)


def _refused(stage, volume, files):
    snapshot = volume.snapshot('s2')
    stage.volumes.request_delete(snapshot.id, 's2')
    stage.volumes.await_snapshot(snapshot.id, 's2', 'error_deleting', 'deleting')
    # The status is there before the log is.
    log = stage.context.cinder_log
    said = client.poll(lambda: log.errors(snapshot.id), lambda it: 'dynamic_ownership' in it, 10)
    if 'dynamic_ownership' not in said:
        raise StepFailed('the error does not say why', 'dynamic_ownership', said)
    missing = [path.name for path in files if not path.exists()]
    if missing:
        raise StepFailed('a refused deletion removed files', 'none', ', '.join(missing))


ATTACH = Story('attach', 'a volume is attached and detached', _attach)
OWNERS = Story('owners', "libvirt's dynamic_ownership changes the owners of files", _owners)


@nfs.needs_lab
class HazardTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o711)

    def cloud(self, driver, export, operations='true', permissions='true', groups=(), **options):
        accounts = Accounts.named({'hypervisor': 'qemu', 'outsider': 'outsider'})
        qemu = accounts.hypervisor
        qemu = Account(qemu.name, qemu.uid, qemu.gid, (*qemu.groups, *groups))
        return Cloud(
            self.folder / driver,
            driver=driver,
            share=f'{nfs.SERVER}:{export}',
            options={
                'nas_secure_file_operations': operations,
                'nas_secure_file_permissions': permissions,
                'nfs_mount_options': 'vers=4.2',
                **options,
            },
            accounts=Accounts(accounts.cinder, qemu, accounts.outsider),
        )

    def play(self, story, driver, export, **setup):
        """Play a story with raw volumes, and return its result and whether root was asked for."""
        with self.cloud(driver, export, **setup) as cloud:
            (result,) = stories.play(cloud, [story], ['raw'])
            asked = cloud.asked_for_root
            return result, asked.read_text() if asked.exists() else ''

    def assert_passes(self, result):
        self.assertEqual(Verdict.PASS, result.verdict, result.reason)

    def faults(self, result):
        self.assertEqual(Verdict.FAIL, result.verdict, result.reason)
        return '\n'.join(each.fault for step in result.steps for each in step.findings)

    def test_secure_mode_with_snapshots_is_refused(self):
        with (
            self.assertRaisesRegex(ServiceError, 'Snapshots are not supported with nas_secure'),
            self.cloud(IN_TREE, nfs.SQUASH),
        ):
            pass
        ours, asked = self.play(stories.OFFLINE, OURS, nfs.SQUASH)
        self.assert_passes(ours)
        self.assertEqual('', asked)

    def test_root_is_needed_to_attach(self):
        off = {'nfs_snapshot_support': 'false'}  # or it would not start
        control, asked = self.play(ATTACH, IN_TREE, nfs.SQUASH, **off)
        self.assertIn('ended available, expected in-use', self.faults(control))
        self.assertRegex(asked, 'sudo .*qemu-img info')
        ours, asked = self.play(ATTACH, OURS, nfs.SQUASH, **off)
        self.assert_passes(ours)
        self.assertEqual('', asked)

    def test_record_becomes_roots_before_it_is_written(self):
        # QEMU in root's group stands for one that libvirt gives every file to.
        setup = {'operations': 'false', 'groups': (0, Account.named('cinder').gid)}
        with _without_setgid(nfs.TRUSTING):
            control, _ = self.play(stories.ONLINE, IN_TREE, nfs.TRUSTING, **setup)
            self.assertRegex(self.faults(control), r'Permission denied.*\.info')
            ours, _ = self.play(stories.ONLINE, OURS, nfs.TRUSTING, **setup)
            self.assert_passes(ours)

    def test_overlay_is_open_to_everybody_until_its_mode_is_changed(self):
        control, _ = self.play(stories.OFFLINE, IN_TREE, nfs.TRUSTING, operations='false')
        self.assertRegex(self.faults(control), r'\.\S+, between two looks, was mode 0644')
        ours, _ = self.play(stories.OFFLINE, OURS, nfs.TRUSTING, operations='false')
        self.assert_passes(ours)

    def test_owner_that_a_hypervisor_changes(self):
        control, _ = self.play(OWNERS, IN_TREE_WITHOUT_ROOT, nfs.TRUSTING)
        self.assertIn('the error does not say why', self.faults(control))
        ours, _ = self.play(OWNERS, OURS, nfs.TRUSTING)
        # All that is found is what the story did itself, which the watcher has seen.
        for fault in self.faults(ours).splitlines():
            self.assertRegex(fault, 'between two looks, .*was (owned by|of group) (0|9003)')
        self.assertEqual('they are given back: delete s2', ours.steps[3].name)


@contextlib.contextmanager
def _without_setgid(export):
    """Have new files get their maker's group for a while."""
    mode = os.stat(export).st_mode
    os.chmod(export, 0o775)
    try:
        yield
    finally:
        os.chmod(export, mode)
