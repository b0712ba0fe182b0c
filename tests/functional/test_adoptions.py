# SPDX-License-Identifier: Apache-2.0
"""Managing that is refused, and what Cinder is left with: all stays on the share as it was."""

from tests.functional.test_driver import DriverCase
from tests.unit.driver import builders
from tests.unit.driver.test_locks import opened_by_qemu


class AdoptionCase(DriverCase):
    def place(self, name, data=b'', size=builders.GIB):
        path = self.share / name
        with path.open('wb') as file:
            file.write(data)
            file.truncate(size)
        self.addCleanup(path.unlink, missing_ok=True)
        return path

    def manage(self, name, **more):
        """Ask for a file to be managed; returns the volume, which is not waited for."""
        reference = {'source-name': name, **more}
        return self.cinder.volumes.manage(self.backend, reference, volume_type='raw')

    @property
    def backend(self):
        return next(pool.name for pool in self.cinder.pools.list() if pool.name.endswith('raw'))

    def listed(self, **more):
        found = self.cinder.volumes.list_manageable(self.backend, **more)
        return [each.reference['source-name'].rpartition('/')[2] for each in found]


class RefusalTest(AdoptionCase):
    def assert_refused(self, path, **more):
        before = _state(path)
        volume = self.manage(path.name, **more)
        # What Cinder calls "managing" and "error_managing" is shown so.
        self.await_status(self.cinder.volumes, volume, 'error')
        self.delete_volume(volume)
        self.assertEqual(before, _state(path))

    def test_image_that_reaches_out_of_the_share(self):
        path = self.place('hostile.qcow2', builders.header(backing='/etc/passwd'), 1 << 20)
        self.assert_refused(path)

    def test_file_that_may_be_either_format(self):
        path = self.place('unclear', builders.header(), 1 << 20)
        self.assert_refused(path)

    def test_file_that_a_guest_uses(self):
        path = self.place('used.raw')
        with opened_by_qemu(path):
            self.assert_refused(path)

    def test_volume_that_is_managed_already_by_its_full_name(self):
        volume = self.volume()
        again = self.share / f'volume-{volume.id}'
        before = _state(again)
        found = self.manage(f'{self.cloud.shares["raw"].name}/{again.name}')
        self.await_status(self.cinder.volumes, found, 'error')
        self.cinder.volumes.delete(found)
        self.await_status(self.cinder.volumes, found, None)
        self.assertEqual(before, _state(again))


class ListTest(AdoptionCase):
    def test_pages_and_orders(self):
        for name in ('a.raw', 'b.qcow2', 'c'):
            self.place(name)
        ordered = self.listed()
        self.assertEqual(ordered, ['c', 'b.qcow2', 'a.raw'])
        self.assertEqual(self.listed(limit=2), ordered[:2])
        share = self.cloud.shares['raw'].name
        marker = f'{{"source-name": "{share}/b.qcow2"}}'
        self.assertEqual(self.listed(marker=marker), ordered[2:])
        # 'b.qcow2' has no header, and so no size.
        self.assertEqual('b.qcow2', self.listed(sort='size:asc')[0])


class SnapshotTest(AdoptionCase):
    def unmanage(self, manager, thing):
        manager.unmanage(thing.id)
        self.await_status(manager, thing, None)

    def test_volume_whose_snapshots_cinder_does_not_list_keeps_its_files(self):
        volume = self.volume()
        snapshot = self.snapshot(volume)
        self.unmanage(self.cinder.volume_snapshots, snapshot)
        before = self.files(volume)
        self.cinder.volumes.delete(volume)
        self.await_status(self.cinder.volumes, volume, 'error_deleting')
        self.assertEqual(before, self.files(volume))
        self.cinder.volumes.reset_state(volume, 'available')
        again = self.cinder.volume_snapshots.manage(volume.id, {'source-name': snapshot.id})
        self.await_status(self.cinder.volume_snapshots, again, 'available')
        self.delete_snapshot(again)

    def test_snapshot_that_is_not_in_the_record(self):
        volume = self.volume()
        wrong = self.cinder.volume_snapshots.manage(volume.id, {'source-name': 'no-such'})
        self.await_status(self.cinder.volume_snapshots, wrong, 'error')
        self.delete_snapshot(wrong)

    def test_raw_volume_in_which_a_guest_has_written_a_header_stays_raw(self):
        volume = self.cinder.volumes.create(1, volume_type='raw')
        self.await_status(self.cinder.volumes, volume, 'available')
        path = self.share / f'volume-{volume.id}'
        with path.open('r+b') as file:
            file.write(builders.header(backing='/etc/passwd'))
        self.unmanage(self.cinder.volumes, volume)
        again = self.manage(path.name, format='raw')
        self.addCleanup(self.delete_volume, again)
        self.await_status(self.cinder.volumes, again, 'available')
        self.assertEqual(builders.GIB, (self.share / f'volume-{again.id}').stat().st_size)


def _state(path):
    """Return what a file is, and how it begins."""
    found = path.lstat()
    with path.open('rb') as file:
        start = file.read(4096)
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, start
