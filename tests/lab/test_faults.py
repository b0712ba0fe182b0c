# SPDX-License-Identifier: Apache-2.0
"""What NFS does to a driver: each fault ends in a clear error and an intact volume.

Once the cause is gone everything works again. Runs inside the lab, on a share with root_squash.
"""

import contextlib
import os
import pathlib
import tempfile
import typing
import unittest

from inotify_simple import flags

from nova_assist.scenarios.errors import StepFailed
from tests.lab import cloud, nfs

#: Bytes that are enough for what the driver writes down, and too few for an image.
_FOR_RECORDS = 8 << 10
#: Bytes that are enough for that too, and too few for what guests have written.
_FOR_AN_IMAGE = 64 << 10

_FULL = 'No space left on device'
_READ_ONLY = 'Read-only file system.*give "rw" in its export'
_STALE = 'Stale file handle.*export it again'

#: Of somebody else than Cinder, in no group of Cinder's.
_OUTSIDER = 9004


@nfs.needs_lab
class FaultsTest(cloud.CloudCase):
    def test_server_that_stops_in_the_middle_of_a_snapshot_and_of_a_merge(self):
        def tell(stage):
            stage.context.patience.seconds = cloud.PATIENCE
            volume = cloud.attached(stage)
            stage.servers.start_writing(volume)
            with (
                stage.step('the server stops as the overlay of snapshot s1 appears'),
                cloud.outage_when(self.server_path(volume, '.*-*'), flags.MOVED_TO),
            ):
                stage.volumes.snapshot(volume, 's1')
            with stage.step('create snapshot s2', judged=False):
                stage.volumes.snapshot(volume, 's2')
            with (
                stage.step('the server stops as snapshot s1 is merged into the base'),
                cloud.outage_when(self.server_path(volume), flags.MODIFY),
            ):
                stage.volumes.delete_snapshot(volume, 's1')
            cloud.detach(stage, volume)

        self.play(tell, 'qcow2')

    def test_share_that_is_full_while_a_volume_is_detached(self):
        def tell(stage):
            with stage.step('create a volume, snapshot s1, and write', judged=False):
                volume = stage.volumes.create('v1')
                stage.volumes.snapshot(volume, 's1')
                stage.volumes.write(volume)
            with stage.step('no room for a snapshot', judged=False), self.filled(0):
                failed = cloud.fail_to_snapshot(stage, volume, _FULL)
            with stage.step('no room to merge s1', judged=False), self.filled(_FOR_AN_IMAGE):
                cloud.fail_to_delete_snapshot(stage, volume, 's1', _FULL)
            with stage.step('room again: everything works'):
                cloud.discard(stage, failed)
                stage.volumes.snapshot(volume, 's2')
                stage.volumes.delete_snapshot(volume, 's1')

        self.play(tell)

    def test_share_that_is_full_while_a_volume_is_attached(self):
        def tell(stage):
            volume = cloud.attached(stage)
            with stage.step('create snapshot s1, let the guest write, create s2', judged=False):
                stage.volumes.snapshot(volume, 's1')
                stage.servers.start_writing(volume)
                cloud.await_writes(stage, volume)
                stage.volumes.snapshot(volume, 's2')
            with (
                stage.step('no room for an overlay', judged=False),
                cloud.quiet(volume),
                self.filled(_FOR_RECORDS),
            ):
                failed = cloud.fail_to_snapshot(stage, volume, _FULL)
            with stage.step('room again: the guest writes, and snapshot s3 is taken'):
                cloud.discard(stage, failed)
                stage.volumes.snapshot(volume, 's3')
            with (
                stage.step('no room to merge s1', judged=False),
                cloud.quiet(volume),
                self.filled(_FOR_AN_IMAGE),
            ):
                cloud.fail_to_delete_snapshot(stage, volume, 's1', 'Nova reports an error')
                cloud.expect_compute_logged(stage, _FULL, volume.snapshot('s1').id)
            with stage.step('room again: the guest writes, and s1 is merged'):
                stage.volumes.delete_snapshot(volume, 's1')
            cloud.detach(stage, volume)

        self.play(tell, 'qcow2')

    def test_share_that_becomes_read_only(self):
        def tell(stage):
            volume = self.volume_with_snapshot(stage)
            with (
                stage.step('nothing can be made or deleted', judged=False),
                cloud.as_root(nfs.read_only(self.export)),
            ):
                failed = self.fail_all(stage, volume, _READ_ONLY)
                cloud.fail_to_create_volume(stage, _READ_ONLY)
            self.touch()
            self.work_again(stage, volume, failed)

        self.play(tell)

    def test_export_that_is_removed_and_made_again(self):
        def tell(stage):
            volume = cloud.attached(stage)
            with stage.step('create snapshot s1 while the guest writes', judged=False):
                stage.servers.start_writing(volume)
                stage.volumes.snapshot(volume, 's1')
                stage.servers.await_refresh(volume)
                stage.servers.stop_writing(volume)
            with (
                stage.step('no export: nothing can be made or deleted', judged=False),
                cloud.as_root(nfs.export_removed(self.export)),
            ):
                failed = self.fail_all(stage, volume, _STALE)
            # A file that was open when its handle was seen to be stale stays so for the NFS
            # client: the guest has to open it anew.
            with stage.step('exported again: the server is rebooted, and has all data'):
                stage.servers.reboot(volume.server, hard=True)
                stage.servers.start_writing(volume)
                cloud.discard(stage, failed)
            self.work_again(stage, volume)
            cloud.detach(stage, volume)

        self.play(tell, 'qcow2')

    def test_folder_that_changes(self):
        def tell(stage):
            volume = self.volume_with_snapshot(stage)
            failed = []
            for change, changes, words in (
                ('chmod 555', {'mode': 0o555}, 'cinder:volumes 0555.*chmod 277'),
                ('root, 755', {'uid': 0, 'mode': 0o755}, 'root:volumes 0755.*chmod 277'),
                ('another group', {'uid': 0, 'gid': _OUTSIDER}, 'usermod -aG outsider cinder'),
            ):
                folder = cloud.folder(self.server_view, **changes)
                with stage.step(f'the folder: {change}', judged=False), cloud.as_root(folder):
                    failed += self.fail_all(stage, volume, words)
            self.work_again(stage, volume, failed)

        self.play(tell)

    def test_file_that_somebody_else_has_open_when_it_is_removed(self):
        def tell(stage):
            volume = self.volume_with_snapshot(stage)
            path = stage.context.share / f'volume-{volume.id}'
            # No QEMU, so without its locks.
            with open(f'{path}.{volume.snapshot("s1").id}', 'rb'), open(path, 'rb'):
                with stage.step('delete the snapshot whose file is open'):
                    stage.volumes.delete_snapshot(volume, 's1')
                    self.await_left_open(stage, 1)
                with stage.step('the volume is as usable as ever'):
                    stage.volumes.write(volume)
                    stage.volumes.snapshot(volume, 's2')
                    stage.volumes.delete_snapshot(volume, 's2')
                with stage.step('delete the volume whose file is open'):
                    stage.volumes.delete(volume)
                    self.await_left_open(stage, 2)
                with stage.step('another volume comes and goes'):
                    stage.volumes.delete(stage.volumes.create('v2'))
            with stage.step('closed, they go', judged=False):
                self.await_left_open(stage, 0)

        self.play(tell)

    def volume_with_snapshot(self, stage):
        with stage.step('create a volume, snapshot s1, and write', judged=False):
            volume = stage.volumes.create('v1')
            stage.volumes.snapshot(volume, 's1')
            stage.volumes.write(volume)
        return volume

    def fail_all(self, stage, volume, words):
        """See that no snapshot can be made or deleted; return the one that was not made."""
        failed = cloud.fail_to_snapshot(stage, volume, words)
        cloud.fail_to_delete_snapshot(stage, volume, 's1', words)
        return failed

    def work_again(self, stage, volume, failed=()):
        with stage.step('as it was before: everything works'):
            cloud.discard(stage, failed)
            stage.volumes.snapshot(volume, 's2')
            stage.volumes.delete_snapshot(volume, 's1')

    def touch(self):
        """Have clients of NFSv3 forget what they were denied, as an operator would."""
        with cloud.as_root(contextlib.nullcontext()):
            for path in (self.server_view, *self.server_view.iterdir()):
                os.utime(path)

    def filled(self, left):
        return cloud.as_root(cloud.filled(self.server_view, left))

    def await_left_open(self, stage, count):
        """Wait until the NFS client has kept so many of the files that were removed."""
        stage.context.patience.wait(
            f'{count} files .nfs… on the share',
            lambda: len(list(self.server_view.glob('.nfs*'))) == count or None,
        )


@nfs.needs_lab
class FaultsV3Test(FaultsTest):
    options: typing.ClassVar = {**FaultsTest.options, 'nfs_mount_options': 'vers=3'}


@nfs.needs_lab
class OutageTest(unittest.TestCase):
    """That a test which misses the middle fails."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name, 'image')

    def fails(self, words, change):
        with self.assertRaisesRegex(StepFailed, words), contextlib.ExitStack() as stack:
            stack.enter_context(cloud.outage_when(self.file, flags.CREATE))
            change()

    def test_nothing_that_changes_the_file(self):
        self.fails('was not changed', lambda: None)

    def test_step_that_does_not_wait(self):
        self.fails('did not wait', self.file.touch)
