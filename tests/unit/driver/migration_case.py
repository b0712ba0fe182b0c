# SPDX-License-Identifier: Apache-2.0
"""Two backends with a share each, and a database in a file, which outlives a death."""

import contextlib
import dataclasses
import os
import pathlib
import pickle
import tempfile
import unittest

from driver import access, volumes
from driver.database import VolumeState
from driver.layout import Format, Layout
from driver.location import Location
from driver.migration import Migrations
from driver.migration_note import Place
from driver.opening import Opener
from driver.shares import Shares
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import NoOthers
from tests.unit.driver.test_offline import reads, write
from tests.unit.driver.test_shares import settings

SIZE = builders.GIB
HERE, THERE = 'host:/one', 'host:/two'


class Client:
    """Stands for os-brick: a share is a folder that is there, or can't be mounted."""

    def __init__(self, folder):
        self.folder = folder

    def get_mount_point(self, export):
        return str(self.folder / export.rpartition('/')[2])

    def mount(self, export, flags):
        pass


class Rows:
    """Stands for Cinder's database: one volume, kept in a file.

    :ivar fails: the name of a call that fails, if one is to
    """

    def __init__(self, path, state):
        self._path = path
        self._save(state=state, note=None, migration='migrating', host='node@one')
        self.fails = None

    def load(self):
        return pickle.loads(self._path.read_bytes())

    def _save(self, **changes):
        known = self.load() if self._path.exists() else {}
        self._path.write_bytes(pickle.dumps({**known, **changes}))

    @property
    def state(self):
        found = self.load()
        state, note = found['state'], found['note']
        if note and note.target.name == state.name:
            return dataclasses.replace(state, active_format=note.format, base_format=note.format)
        return state

    def unfinished(self, host, cluster):
        return frozenset(['v'] if self.load()['migration'] == 'migrating' else [])

    def noted(self, volume_id):
        return self.load()['note']

    def place(self, volume_id):
        state = self.load()['state']
        return Place(state.share, state.name)

    def name_of(self, name_id):
        return f'volume-{name_id}'

    def begin(self, volume_id, migration):
        self._save(note=migration, migration='migrating')

    def switch(self, volume_id, name_id, share, destination):
        if self.fails == 'switch':
            raise OSError('no database')
        moved = dataclasses.replace(self.load()['state'], share=share, name=self.name_of(name_id))
        self._save(state=moved, host=destination['host'])

    def forget(self, volume_id):
        self._save(state=self.state, note=None)

    def give_up(self, volume_id, moved):
        self._save(state=self.state, note=None, migration='success' if moved else 'error')

    def save_formats(self, volume_id, active, base):
        raise AssertionError('formats change with the place')


class MigrationCase(unittest.TestCase):
    """A volume with two blocks written, at rest in the first share."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for share in ('one', 'two'):
            (self.folder / share).mkdir()
        self.maker = access.FileMaker(0o660)

    def make(self, image_format, target_format, shares=(THERE,)):
        """Make the volume, and what is needed to migrate it."""
        state = VolumeState(
            'v', builders.VOLUME, SIZE, HERE, 'maintenance', False, image_format, image_format
        )
        self.rows = Rows(self.folder / 'rows', state)
        options = settings(self.folder, reserved=0.0)
        mounted = Shares(options, Client(self.folder), lambda: {HERE: None})
        mounted.mount()
        mounted.admit(self.maker)
        opener = Opener(options, mounted, self.maker, self.rows, None)
        self.opener = opener
        placing = NoOthers.placing(opener)
        self.migrations = Migrations(opener, placing, self.rows, 'node@one')
        layout = Layout(self.folder / 'one', builders.VOLUME)
        volumes.create(layout, image_format, SIZE, True, self.maker)
        for block in (0, 9):
            write(layout.path(builders.VOLUME), image_format, block, block + 1)
        self.location = Location('nfs', shares, target_format, True, 0o600)

    def migrate(self):
        return self.migrations.migrate(self.rows.state, self.location, {'host': 'node@two'})

    def start(self):
        """Start the service anew."""
        self.migrations.settle_all(None, lambda volume_id: contextlib.nullcontext(True))

    def names(self):
        """Return what lies on the shares, but for the file that a share is tried out with."""
        shares = (self.folder / share for share in ('one', 'two'))
        names = (name for each in shares for name in os.listdir(each))
        return sorted(name for name in names if not name.startswith('.'))

    def assert_whole(self):
        """See that the volume has its data where the database says, and that no file is left."""
        state = self.rows.state
        self.assertEqual([state.name], self.names())
        path = self.folder / state.share.rpartition('/')[2] / state.name
        for block, value in ((0, 1), (1, 0), (9, 10)):
            self.assertTrue(reads(path, state.active_format, block, value))
        self.assertIsNone(self.rows.noted('v'))
        return state

    def assert_moved(self, image_format, share=THERE):
        state = self.assert_whole()
        self.assertEqual((share, image_format), (state.share, state.active_format))
        self.assertNotEqual(builders.VOLUME, state.name)

    def assert_stayed(self):
        state = self.assert_whole()
        self.assertEqual((HERE, builders.VOLUME), (state.share, state.name))


PAIRS = [(one, other) for one in Format for other in Format]
