# SPDX-License-Identifier: Apache-2.0
"""Our driver, broken on purpose in one way a class, to show that the judges see each.

A class takes a part of the driver away in the process that loads it, which is a cinder-volume
that runs for one test.
"""

import contextlib
import dataclasses
import json
import pathlib

from cinder import utils as cinder_utils
from oslo_concurrency import processutils

from driver import (
    access,
    backend,
    database,
    exceptions,
    locks,
    migration,
    nfs,
    offline,
    online,
    placing,
    qemu_img,
    records,
    references,
    snapshots,
    startup,
    volumes,
)
from driver.layout import Format

# What is whole; a driver is set up once a backend, and would wrap a wrapper.
_MERGE = offline.merge
_CONNECTION = backend.Backend.connection
_COPY = backend.Backend._copy
_MAKE = access.FileMaker.make
_COPY_FILE = volumes.copy
_MOVE = migration.Migrations._copy


class SkipsCommit(nfs.NfsDriver):
    """Rebases and removes an overlay without having committed its data."""

    def do_setup(self, context):
        qemu_img.commit = lambda overlay: None
        super().do_setup(context)


class DeletesWrongFile(nfs.NfsDriver):
    """Removes the file that was committed into instead of the one that was committed."""

    def do_setup(self, context):
        def merge_and_remove_lower(layout, plan, maker):
            overlay = layout.path(plan.overlay)
            kept = overlay.read_bytes()
            _MERGE(layout, plan, maker)
            overlay.write_bytes(kept)
            layout.path(plan.lower.name).unlink()

        offline.merge = merge_and_remove_lower
        super().do_setup(context)


class TakesNoSnapshot(nfs.NfsDriver):
    """Fails whenever a snapshot is to be taken."""

    def create_snapshot(self, snapshot):
        raise RuntimeError('no snapshot is taken')


class RefusesToExtend(nfs.NfsDriver):
    """Extends no volume, though it says that it extends even attached ones."""

    def extend_volume(self, volume, new_size):
        raise exceptions.Unsupported('Not extended.')


class FillsOneShare(nfs.NfsDriver):
    """Puts each volume onto the share where most is promised."""

    def do_setup(self, context):
        def choose(self, size, volume_id):
            rooms = self.rooms(volume_id)
            return max(rooms, key=lambda export: rooms[export].promised)

        placing.Placing.choose = choose
        super().do_setup(context)


class PromisesNothing(nfs.NfsDriver):
    """Tells the scheduler that nothing is promised, whatever there is."""

    def _update_volume_stats(self):
        super()._update_volume_stats()
        self._stats['provisioned_capacity_gb'] = 0


class KeepsSnapshotsApart(nfs.NfsDriver):
    """Leaves a second copy of each overlay on another share."""

    def create_snapshot(self, snapshot):
        super().create_snapshot(snapshot)
        volume = snapshot.volume
        overlay = f'{volume.name}.{snapshot.id}'
        here = self._mounted.folder(volume.provider_location)
        other = next(each for each in self._mounted.admitted() if each != volume.provider_location)
        (self._mounted.folder(other) / overlay).write_bytes((here / overlay).read_bytes())


class ForgetsRecord(nfs.NfsDriver):
    """Never writes the record of a volume's snapshots."""

    def do_setup(self, context):
        records.save = lambda layout, record, maker: None
        super().do_setup(context)


class OpensAsRaw(nfs.NfsDriver):
    """Tells Nova that the active file is raw, whatever it is."""

    def do_setup(self, context):
        backend.Backend.connection = lambda self, state: {
            **_CONNECTION(self, state),
            'format': 'raw',
        }
        super().do_setup(context)


class ManagesAsRaw(nfs.NfsDriver):
    """Takes every file that it is to manage for raw data."""

    def do_setup(self, context):
        references._stated = lambda given, name: Format.RAW
        super().do_setup(context)


class Makes0644Files(nfs.NfsDriver):
    """Makes files that a hypervisor of another user can't write."""

    def do_setup(self, context):
        def make(maker, path):
            own = path.name.startswith('volume-')  # not the trial at start, which would tell
            _MAKE(dataclasses.replace(maker, mode=0o644) if own else maker, path)

        access.FileMaker.make = make
        super().do_setup(context)


class Makes0666Files(nfs.NfsDriver):
    """Makes files open to all, whatever the options say."""

    def do_setup(self, context):
        def make(maker, path):
            own = path.name.startswith('volume-')  # not the trial at start, which would tell
            _MAKE(dataclasses.replace(maker, mode=0o666) if own else maker, path)

        access.FileMaker.make = make
        super().do_setup(context)


class ClosesFilesLate(nfs.NfsDriver):
    """Makes files open to all, and closes them to others right after."""

    def do_setup(self, context):
        def make(maker, path):
            _MAKE(dataclasses.replace(maker, mode=0o644), path)
            path.chmod(maker.mode)

        access.FileMaker.make = make
        super().do_setup(context)


class AsksForRoot(nfs.NfsDriver):
    """Tries to become root for each snapshot, and does without where it can't."""

    def create_snapshot(self, snapshot):
        with contextlib.suppress(processutils.ProcessExecutionError):
            helper = cinder_utils.get_root_helper()
            processutils.execute('chmod', 'x', run_as_root=True, root_helper=helper)
        super().create_snapshot(snapshot)


class BelievesNova(nfs.NfsDriver):
    """Takes what Nova reports for what has happened."""

    def do_setup(self, context):
        online._has_switched = lambda layout, active, overlay, outcome: outcome.claimed
        online._is_merged = lambda layout, plan: True
        locks.claim = locks._opened
        super().do_setup(context)


class LeavesOverlays(nfs.NfsDriver):
    """Removes no file that a deleted snapshot leaves."""

    def do_setup(self, context):
        volumes.discard = lambda layout, name: None
        super().do_setup(context)


class CopiesBaseOnly(nfs.NfsDriver):
    """Copies a volume without what was written to it since its oldest snapshot."""

    def do_setup(self, context):
        backend.Backend._copy = lambda self, source, image, target, *, held: _COPY(
            self, source, source.chain.base, target, held=held
        )
        super().do_setup(context)


class KeepsTemporarySnapshot(nfs.NfsDriver):
    """Leaves behind the snapshot that it has cloned an attached volume from."""

    def do_setup(self, context):
        snapshots.Snapshots._delete_temporary = lambda *args: None
        super().do_setup(context)


class LinksCopies(nfs.NfsDriver):
    """Gives a copy that is as large as its source the same file."""

    def do_setup(self, context):
        def copy(source, source_format, layout, image_format, size, sparse, maker, *, held):
            if source.stat().st_size == size:
                layout.path(layout.volume).hardlink_to(source)
            else:
                _COPY_FILE(
                    source, source_format, layout, image_format, size, sparse, maker, held=held
                )

        volumes.copy = copy
        super().do_setup(context)


class MovesNoData(nfs.NfsDriver):
    """Moves a volume to another backend without what it holds."""

    def do_setup(self, context):
        migration.Migrations._copy = lambda self, opened, target, location, maker: volumes.create(
            target, location.format, opened.size, location.sparse, maker
        )
        super().do_setup(context)


class KeepsWhatItMoved(nfs.NfsDriver):
    """Leaves the files of a volume behind that it has moved to another backend."""

    def do_setup(self, context):
        migration.Migrations._remove = lambda self, place: None
        super().do_setup(context)


class MovesInOldFormat(nfs.NfsDriver):
    """Moves a volume as it is, whatever format the other backend makes."""

    def do_setup(self, context):
        def copy(self, opened, target, location, maker):
            old = dataclasses.replace(location, format=opened.chain.active.format)
            _MOVE(self, opened, target, old, maker)

        migration.Migrations._copy = copy
        super().do_setup(context)


class RefusesRecords(nfs.NfsDriver):
    """Doesn't start where a volume on a share has snapshots."""

    def do_setup(self, context):
        super().do_setup(context)
        for export in self._mounted.admitted():
            for record in self._mounted.folder(export).glob('*.info'):
                raise exceptions.Unsupported(f'What is {record.name}?')


class RevertsNothing(nfs.NfsDriver):
    """Says that it has reverted a volume, and has not."""

    def revert_to_snapshot(self, context, volume, snapshot):
        """Do nothing."""


class EncryptsNothing(nfs.NfsDriver):
    """Makes volumes that are to be encrypted like any other."""

    def do_setup(self, context):
        volumes.create_encrypted = lambda layout, encryption, size, sparse, maker: volumes.create(
            layout, Format.RAW, size, sparse, maker
        )
        super().do_setup(context)


class SnapshotsEncrypted(nfs.NfsDriver):
    """Takes snapshots of encrypted volumes like those of any other."""

    def create_snapshot(self, snapshot):
        state = database.volume_state(snapshot.volume_id)
        state = dataclasses.replace(state, encrypted=False)
        self._snapshots.create(state, snapshot.id, snapshot.obj_context)


class SettlesNothing(nfs.NfsDriver):
    """Starts without a look at what the last service has left half done."""

    def do_setup(self, context):
        startup.Startup.settle = lambda self, ours: None
        super().do_setup(context)


class ClearsDamagedRecord(nfs.NfsDriver):
    """Empties a record that it can't read, and loses what it said."""

    def create_snapshot(self, snapshot):
        try:
            return super().create_snapshot(snapshot)
        except Exception:
            _record(self, snapshot).write_text('{}')
            raise


class MakesVanishedFile(nfs.NfsDriver):
    """Makes an empty file in the place of one that it can't find."""

    def create_snapshot(self, snapshot):
        try:
            return super().create_snapshot(snapshot)
        except Exception:
            record = _record(self, snapshot)
            with contextlib.suppress(ValueError):  # a damaged record, which is left alone
                record.with_name(json.loads(record.read_text())['active']).touch()
            raise


def _record(driver, snapshot):
    """Return where the record of a snapshot's volume is."""
    base = pathlib.Path(driver.configuration.nfs_mount_point_base)
    (record,) = base.glob(f'*/volume-{snapshot.volume_id}.info')
    return record
