# SPDX-License-Identifier: Apache-2.0
"""Clones that fail, are interrupted or disturbed: no temporary snapshot stays in anybody's way."""

import os
import pathlib
import shutil
import signal
import tempfile
import typing

from cinderclient import exceptions as cinder_errors

from nova_assist import client
from tests.functional.test_driver import DriverCase

# A qemu-img whose copies fail, or wait, for as long as a file says so.
_STAND_IN = """#!/bin/sh
if [ "$1" = convert ] && [ -e {folder}/fail ]; then
    echo 'No space left on device' >&2
    exit 1
fi
if [ "$1" = convert ] && [ -e {folder}/hold ]; then
    touch {folder}/holding
    read line < {folder}/gate
fi
exec {real} "$@"
"""


class CloneCase(DriverCase):
    """Tests over a cloud whose Cinder copies with a qemu-img that fails or waits when told to."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.folder.chmod(0o755)
        stand_in = cls.folder / 'qemu-img'
        stand_in.write_text(_STAND_IN.format(folder=folder.name, real=shutil.which('qemu-img')))
        stand_in.chmod(0o755)
        path = os.environ['PATH']
        cls.addClassCleanup(os.environ.update, PATH=path)
        os.environ['PATH'] = f'{folder.name}:{path}'
        super().setUpClass()

    def tell(self, what):
        flag = self.folder / what
        flag.touch()
        self.addCleanup(flag.unlink, missing_ok=True)

    def hold(self):
        """Have the next copy wait once it has begun."""
        os.mkfifo(self.folder / 'gate')
        self.addCleanup((self.folder / 'gate').unlink)
        self.tell('hold')

    def await_copying(self):
        """Wait until a copy has begun, and waits itself."""
        holding = self.folder / 'holding'
        self.addCleanup(holding.unlink, missing_ok=True)
        self.assertTrue(client.poll(holding.exists, bool, 30), 'nothing was copied')

    def release(self):
        (self.folder / 'hold').unlink()
        (self.folder / 'gate').write_text('go\n')

    def restart(self):
        self.cloud.cinder.kill()
        self.cloud.cinder.start()

    def clone(self, source, size=1):
        """Ask for a clone, which is removed in the end whatever becomes of it."""
        clone = self.cinder.volumes.create(size, source_volid=source.id, volume_type='raw')
        self.addCleanup(self.delete_volume, clone)
        return clone

    def attached(self):
        volume = self.volume()
        self.attach(volume)
        return volume

    def snapshots_of(self, volume):
        return self.cinder.volume_snapshots.list(search_opts={'volume_id': volume.id})

    def temporary_snapshot(self, volume, clone, *statuses):
        """Wait for the temporary snapshot to have one of some statuses, and return it."""
        found = client.poll(
            lambda: [each for each in self.snapshots_of(volume) if each.status in statuses],
            bool,
            30,
        )
        self.assertEqual([f'tmp-snap-{clone.id}'], [each.name for each in found])
        return found[0]

    def assert_no_snapshot(self, volume):
        """See that neither Cinder nor the share has a snapshot of the volume."""
        self.assertEqual([], self.snapshots_of(volume))
        images = [name for name in self.files(volume) if not name.endswith('.info')]
        self.assertEqual(1, len(images), images)


class FailureTest(CloneCase):
    def test_copy_of_an_attached_volume_that_fails_leaves_no_snapshot(self):
        source = self.attached()
        self.tell('fail')
        clone = self.clone(source)
        self.await_status(self.cinder.volumes, clone, 'error')
        self.assertEqual([], self.files(clone))
        self.assert_no_snapshot(source)
        self.assertEqual('in-use', self.status(self.cinder.volumes, source))

    def test_copy_of_a_detached_volume_that_fails_leaves_nothing(self):
        source = self.volume()
        self.tell('fail')
        clone = self.clone(source)
        self.await_status(self.cinder.volumes, clone, 'error')
        self.assertEqual([], self.files(clone))
        self.assert_no_snapshot(source)

    def test_guest_that_nova_can_not_switch_leaves_no_snapshot(self):
        source = self.volume()
        # Attached to a host that no server is on: Nova knows nothing of it.
        host = {'host': 'somewhere', 'ip': '127.0.0.1'}
        made = self.cinder.attachments.create(source.id, host, mode='rw')
        self.cinder.attachments.complete(made['id'])
        self.addCleanup(self.cinder.attachments.delete, made['id'])
        clone = self.clone(source)
        self.await_status(self.cinder.volumes, clone, 'error')
        self.assertEqual([f'volume-{source.id}'], self.files(source))
        self.assertEqual([], self.snapshots_of(source))


class InterruptionTest(CloneCase):
    options: typing.ClassVar = {'nfs_assisted_create_timeout': '60'}

    def held_clone(self, source):
        self.hold()
        clone = self.clone(source)
        self.await_copying()
        return clone

    def deleted(self, snapshot):
        """Ask for a snapshot's end as its owner would; true once it is gone."""
        try:
            if self.status(self.cinder.volume_snapshots, snapshot) in ('available', 'error'):
                self.cinder.volume_snapshots.delete(snapshot)
        except (cinder_errors.NotFound, cinder_errors.BadRequest):
            return False  # It has changed since we looked.
        return self.status(self.cinder.volume_snapshots, snapshot) is None

    def test_service_killed_while_it_copies_leaves_a_snapshot_like_any_other(self):
        source = self.attached()
        clone = self.held_clone(source)
        self.restart()
        self.release()
        snapshot = self.temporary_snapshot(source, clone, 'available')
        self.await_status(self.cinder.volumes, clone, 'error')
        self.cinder.volume_snapshots.delete(snapshot)
        self.await_status(self.cinder.volume_snapshots, snapshot, None)
        self.assert_no_snapshot(source)

    def test_service_killed_while_nova_switches_the_guest(self):
        source = self.attached()
        os.kill(self.cloud.compute.pid, signal.SIGSTOP)
        try:
            clone = self.clone(source)
            snapshot = self.temporary_snapshot(source, clone, 'creating')
            overlay = self.share / f'volume-{source.id}.{snapshot.id}'
            self.assertTrue(client.poll(overlay.exists, bool, 30))
            self.cloud.cinder.kill()
        finally:
            os.kill(self.cloud.compute.pid, signal.SIGCONT)
        self.cloud.cinder.start()
        # Whether the guest has switched by then decides.
        snapshot = self.temporary_snapshot(source, clone, 'available', 'error')
        self.await_status(self.cinder.volumes, clone, 'error')
        self.assertTrue(client.poll(lambda: self.deleted(snapshot), bool, 60))
        self.assert_no_snapshot(source)

    def test_extension_that_is_asked_for_meanwhile_leaves_no_snapshot(self):
        source = self.attached()
        clone = self.held_clone(source)
        self.cinder.volumes.extend(source, 2)
        self.assertEqual('extending', self.status(self.cinder.volumes, source))
        self.release()
        self.await_status(self.cinder.volumes, clone, 'available')
        self.await_status(self.cinder.volumes, source, 'in-use')
        self.assertEqual(2, self.cinder.volumes.get(source.id).size)
        self.assert_no_snapshot(source)

    def test_snapshot_that_its_owner_deletes_meanwhile_disturbs_nothing(self):
        source = self.attached()
        clone = self.held_clone(source)
        snapshot = self.temporary_snapshot(source, clone, 'available')
        self.cinder.volume_snapshots.delete(snapshot)
        self.release()
        self.await_status(self.cinder.volumes, clone, 'available')
        self.await_status(self.cinder.volume_snapshots, snapshot, None)
        self.assert_no_snapshot(source)


class WithoutSnapshotsTest(CloneCase):
    options: typing.ClassVar = {'nfs_snapshot_support': 'false'}

    def test_detached_volume_is_cloned_and_attached_one_refused(self):
        source = self.volume()
        self.await_status(self.cinder.volumes, self.clone(source, 2), 'available')
        self.attach(source)
        refused = self.clone(source)
        self.await_status(self.cinder.volumes, refused, 'error')
        self.assertEqual([], self.files(refused))
        self.assertEqual([f'volume-{source.id}'], self.files(source))
        self.assertEqual([], self.snapshots_of(source))
