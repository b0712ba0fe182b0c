# SPDX-License-Identifier: Apache-2.0
"""What is asked of Cinder, and what its database answers, where somebody waits."""

import pathlib
import sqlite3
import tempfile
import unittest

from nova_assist.scenarios import statuses
from nova_assist.scenarios.statuses import SNAPSHOTS, VOLUMES, Statuses


class StatusesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, 'cinder.sqlite')
        self.database = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(self.database.close)
        for table in (VOLUMES, SNAPSHOTS):
            self.database.execute(f'CREATE TABLE {table} (id, status, updated_at, deleted)')
        self.statuses = Statuses(self.path)
        self.addCleanup(setattr, statuses, '_TRUSTED_SECONDS', statuses._TRUSTED_SECONDS)
        statuses._TRUSTED_SECONDS = 600.0
        self.asked = []

    def set(self, status, *, table=VOLUMES, changed=None, deleted=False):
        self.database.execute(f'DELETE FROM {table}')
        values = ['a', status, changed, deleted]
        self.database.execute(f'INSERT INTO {table} VALUES (?, ?, ?, ?)', values)

    def ask(self):
        self.asked.append('a')
        return 'as Cinder says'

    def get(self, table=VOLUMES):
        return self.statuses.get(table, 'a', self.ask)

    def test_what_is_under_way_is_told_by_the_row(self):
        for table in (VOLUMES, SNAPSHOTS):
            for status in ('creating', 'deleting', 'attaching', 'reserved'):
                with self.subTest(f'{table} {status}'):
                    self.set(status, table=table)
                    self.assertEqual(status, self.get(table))
        self.assertEqual([], self.asked)

    def test_how_something_has_ended_is_asked(self):
        ended = ('available', 'in-use', 'error', 'error_deleting', 'error_extending')
        translated = ('managing', 'error_managing', 'error_managing_deleting')
        for status in (*ended, *translated):
            with self.subTest(status):
                self.set(status)
                self.assertEqual('as Cinder says', self.get())
        self.assertEqual(8, len(self.asked))

    def test_what_has_not_changed_since_is_not_asked_again(self):
        self.set('in-use', changed='1')
        for _ in range(2):
            self.assertEqual('as Cinder says', self.get())
        self.assertEqual(1, len(self.asked))
        self.set('in-use', changed='2')
        self.get()
        self.assertEqual(2, len(self.asked))

    def test_what_is_gone_is_asked(self):
        self.assertEqual('as Cinder says', self.get())
        self.set('deleting', deleted=True)
        self.assertEqual('as Cinder says', self.get())

    def test_cinder_is_asked_from_time_to_time_for_it_may_have_died(self):
        self.set('creating')
        self.assertEqual('creating', self.get())
        statuses._TRUSTED_SECONDS = 0.0
        self.assertEqual('as Cinder says', self.get())

    def test_database_that_is_locked_or_gone_answers_nothing(self):
        self.set('creating')
        self.database.execute('BEGIN EXCLUSIVE')
        self.assertEqual('as Cinder says', self.get())
        self.database.execute('ROLLBACK')
        self.path.unlink()
        self.assertEqual('as Cinder says', self.get())
        self.assertFalse(self.path.exists(), 'it is not made')
