# SPDX-License-Identifier: Apache-2.0
"""A volume in a folder with a database and a Nova made by hand, for whole operations on it."""

import dataclasses
import os
import pathlib

from driver import durable, qemu_img
from driver.backend import Backend
from driver.database import VolumeState
from driver.extending import Extending
from driver.layout import Format
from driver.opening import Opener
from driver.placing import Placing
from driver.restoring import Restorations
from driver.revert import Reverts
from driver.room import Limits
from driver.snapshots import Snapshots
from nova_assist import client
from tests.unit.driver import builders
from tests.unit.driver.test_online import Nova, OnlineCase
from tests.unit.driver.test_shares import settings

DELETED = client.Status('deleting', '90%')


class Folder:
    """Stands for the shares of a backend: one folder with all the room there is."""

    options = None

    def __init__(self, path):
        self.path = path
        self.options = {}
        self.exports = ['host:/share']

    def folder(self, export):
        return pathlib.Path(self.path)

    def admitted(self):
        return self.exports

    def measure(self, export):
        return 1000 * builders.GIB, 1000 * builders.GIB


class NoOthers:
    """Stands for what Cinder's database knows of shares: there is no other volume."""

    @classmethod
    def placing(cls, opener):
        return Placing(opener.mounted, cls(), Limits.of(opener.settings))

    def promised(self, exports, apart_from=None):
        return {}


class Rows:
    """Stands for Cinder's database: remembers what it is told."""

    def __init__(self, test, nova):
        self.test = test
        self.nova_api = nova
        self.formats = None
        self.attachment = None
        self.temporary = {}
        self.settled = {}

    def save_formats(self, volume_id, active, base):
        self.formats = (active, base)

    def point_attachments_to(self, volume_id, name, image_format):
        self.attachment = name

    def settle_creation(self, snapshot_id, taken):
        self.settled[snapshot_id] = taken

    def snapshot_statuses(self, snapshot_ids):
        return {each: self.nova_api.look() for each in snapshot_ids}

    def reset_progress(self, snapshot_id, status):
        self.nova_api.reset(status)

    def volume_state(self, volume_id):
        return self.test.state

    def add_temporary_snapshot(self, source_id, made_id, purpose):
        self.temporary['t'] = 'creating'
        self.nova_api.status = client.Status('creating', '0%')
        return 't'

    def set_snapshot_status(self, snapshot_id, status):
        self.temporary[snapshot_id] = status
        self.nova_api.status = client.Status(status, self.nova_api.status.progress)

    def forget_snapshot(self, snapshot_id):
        del self.temporary[snapshot_id]

    def nova(self, context, timeout):
        return self.nova_api


class Extensions:
    """Stands for Cinder's database and Nova where a volume of a test grows.

    :ivar shown: the size that Nova finds
    :ivar charged: what was charged to the project because of a late end
    """

    def __init__(self, test):
        self.test = test
        self.shown = builders.GIB
        self.charged = 0
        self.extending = False
        self.work = lambda size: None
        self.error = None
        self.asked = []

    def begin(self, volume_id, extension):
        self.test.state = dataclasses.replace(self.test.state, extension=extension)
        self.shown = extension.after

    def withdraw(self, volume_id, extension):
        self.shown = extension.before

    def forget(self, volume_id, size):
        self.test.state = dataclasses.replace(self.test.state, size=size, extension=None)
        self.shown = size

    def complete(self, volume_id, size):
        self.charged += size - self.test.state.extension.before
        self.forget(volume_id, size)

    def give_up(self, volume_id):
        left, self.extending = self.extending, False
        return left

    def events(self, context, timeout):
        return self

    def volume_extended(self, volume_id, server_ids):
        self.asked.append(server_ids)
        self.work(self.shown)
        if self.error is not None:
            raise self.error


class RevertRows:
    """Stands for Cinder's database: one volume, and the snapshot that it is reverted to."""

    def __init__(self, test):
        self.test = test
        self.snapshot = None

    def ask(self, snapshot_id):
        self.snapshot = snapshot_id
        self.test.state = dataclasses.replace(self.test.state, status='reverting')

    def unfinished(self, host, cluster):
        return frozenset(['v'] if self.test.state.status == 'reverting' else [])

    def snapshot_of(self, volume_id):
        return self.snapshot if self.test.state.status == 'reverting' else None

    def end(self, volume_id, status):
        self.snapshot = None
        if self.test.state.status == 'reverting':
            self.test.state = dataclasses.replace(self.test.state, status=status)


class BackupRows:
    """Stands for Cinder's database: a backup that may be being restored."""

    def __init__(self, test):
        self.test = test
        self.restoring = False
        self.encrypted = None

    def is_being_restored(self, volume_id):
        return self.restoring

    def restored_is_encrypted(self, volume_id):
        return self.encrypted

    def give_up_creation(self, volume_id):
        was = self.test.state.status == 'creating'
        if was:
            self.test.state = dataclasses.replace(self.test.state, status='error')
        return was


class Interrupted(BaseException):
    """The death of cinder-volume at one place."""


class SnapshotsCase(OnlineCase):
    def setUp(self):
        super().setUp()
        self.nova = Nova()
        self.rows = Rows(self, self.nova)
        self.growth = Extensions(self)
        options = settings(self.layout.folder)
        self.opener = Opener(
            options, Folder(self.layout.folder), self.maker, self.rows, self.growth
        )
        self.snapshots = Snapshots(self.opener)
        self.revert_rows = RevertRows(self)
        self.backups = BackupRows(self)
        self.reverts = Reverts(self.opener, self.revert_rows)
        self.backend = Backend(self.opener, Restorations(self.opener, self.backups))
        self.extending = Extending(self.opener, NoOthers.placing(self.opener))
        self.state = VolumeState(
            id='v',
            name=builders.VOLUME,
            size=builders.GIB,
            share='host:/share',
            status='available',
            attached=False,
            active_format=Format.RAW,
            base_format=Format.RAW,
        )

    def attach(self, name):
        self.state = dataclasses.replace(self.state, status='in-use', attached=True)
        self.guest_opens(name)

    def detach(self):
        self.guests.close()
        self.state = dataclasses.replace(self.state, status='available', attached=False)

    def take(self, *snapshot_ids):
        for snapshot_id in snapshot_ids:
            self.snapshots.create(self.state, snapshot_id, None)

    def remove(self, snapshot_id):
        self.snapshots.delete(self.state, snapshot_id, None)

    def active(self):
        return self.opener.open(self.state).chain.active.name

    def die_in(self, module, name):
        """Have a function end the service instead of doing its work, once."""
        real = getattr(module, name)

        def die(*args, **kwargs):
            setattr(module, name, real)
            raise Interrupted(name)

        setattr(module, name, die)
        self.addCleanup(setattr, module, name, real)

    def watch_publication(self):
        """Return a list that the next publication fills with the paths of all open files."""
        opened, publish = [], durable.publish

        def look(temporary, final):
            links = pathlib.Path('/proc/self/fd').iterdir()
            opened.extend(os.readlink(link) for link in links if link.is_symlink())
            publish(temporary, final)

        durable.publish = look
        self.addCleanup(setattr, durable, 'publish', publish)
        return opened

    def commit(self, upper, lower, lower_format):
        """Do what a guest's commit job leaves in the headers."""
        self.guests.close()
        qemu_img.rebase(self.layout.path(upper), lower, lower_format)
        self.guest_opens(upper)

    def assert_clean(self, *names):
        expected = [builders.VOLUME, *names, self.layout.record]
        self.assertEqual(sorted(expected), self.names())
