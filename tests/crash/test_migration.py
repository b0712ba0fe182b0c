# SPDX-License-Identifier: Apache-2.0
"""A driver that dies in a migration, then again while it settles that, loses and leaves nothing.

Every pair of deaths is tried: before the n-th effect of the migration, and before the m-th effect
of the service's start that follows. The database is a file, so its changes are effects too.
``NOVA_ASSIST_PAIRS=N`` tries every N-th pair only.
"""

import itertools
import os
import shutil

from driver import volumes
from driver.layout import Format
from tests.crash.test_twice import dies
from tests.unit.driver.migration_case import HERE, THERE, MigrationCase

_TRIED = ((Format.RAW, Format.QCOW2, THERE), (Format.QCOW2, Format.RAW, HERE))


class MigrationTest(MigrationCase):
    every = int(os.environ.get('NOVA_ASSIST_PAIRS', '1'))

    def restore(self):
        """Have the shares and the database be as before the migration."""
        for kept in (self.folder / 'kept').iterdir():
            path = self.folder / kept.name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            (shutil.copytree if kept.is_dir() else shutil.copy2)(kept, path)

    def keep(self):
        (self.folder / 'kept').mkdir()
        for path in list(self.folder.iterdir()):
            if path.name != 'kept':
                (shutil.copytree if path.is_dir() else shutil.copy2)(
                    path, self.folder / 'kept' / path.name
                )

    def each_pair(self):
        """Yield each pair of deaths; the state is what the second one has left."""
        for first in itertools.count(1):
            for second in itertools.count(1):
                if (first + second) % self.every:
                    continue
                self.restore()
                if not dies(self.migrate, self.folder, first):
                    return
                came_to_it = dies(self.start, self.folder, second)
                yield f'deaths {first} and {second}'
                if not came_to_it:
                    break

    def test_deaths(self):
        ends = set()
        for source, target, share in _TRIED:
            self.setUp()
            self.make(source, target, shares=(share,))
            self.keep()
            for pair in self.each_pair():
                with self.subTest(f'{source.value} to {target.value}, {pair}'):
                    self.start()
                    state = self.assert_whole()
                    ended = self.rows.load()['migration']
                    moved = state.name != 'volume-0f0e0d0c'
                    self.assertEqual('success' if moved else 'error', ended)
                    ends.add(ended)
        self.assertEqual({'success', 'error'}, ends)

    def test_driver_that_removes_the_source_too_early_is_caught(self):
        def copy_and_remove(source, *arguments, **options):
            real(source, *arguments, **options)
            source.unlink()

        self.make(Format.RAW, Format.RAW)
        self.keep()
        real = volumes.copy
        self.addCleanup(setattr, volumes, 'copy', real)
        volumes.copy = copy_and_remove
        lost = 0
        for _ in self.each_pair():
            self.start()
            lost += not any(self.names())
        self.assertTrue(lost)
