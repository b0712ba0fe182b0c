# SPDX-License-Identifier: Apache-2.0
"""Connections to a SQLite file, kept by Cinder's transactions."""

import pathlib
import tempfile
import types
import unittest

import sqlalchemy
from oslo_db.sqlalchemy import enginefacade

from nova_assist.cloud import kept_connections


class KeptTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = pathlib.Path(folder.name, 'database')
        self.transactions = enginefacade.transaction_context()
        self.transactions.configure(connection=f'sqlite:///{file}', sqlite_fk=True)
        self.addCleanup(lambda: self.transactions.writer.get_engine().dispose())

    def connections(self, times):
        """Return the connections of some transactions, one after the other."""
        found = []
        for _ in range(times):
            with self.transactions.writer.connection.using(types.SimpleNamespace()) as connection:
                found.append(connection.connection.dbapi_connection)
        return found

    def test_transactions_have_one_after_the_other(self):
        kept_connections.keep(self.transactions)
        self.assertEqual(1, len(set(self.connections(3))))

    def test_transactions_have_one_each_otherwise(self):
        self.assertEqual(3, len(set(self.connections(3))))

    def test_transaction_that_was_lost_leaves_no_mark(self):
        kept_connections.keep(self.transactions)
        engine = self.transactions.writer.get_engine()
        lost = engine.raw_connection()
        lost.info['in_transaction'] = True  # as oslo.db has it
        lost.close()
        again = engine.raw_connection()
        self.addCleanup(again.close)
        self.assertNotIn('in_transaction', again.info)

    def test_connection_is_what_was_configured(self):
        kept_connections.keep(self.transactions)
        with self.transactions.writer.connection.using(types.SimpleNamespace()) as connection:
            keys = connection.execute(sqlalchemy.text('PRAGMA foreign_keys')).scalar()
            matches = connection.execute(sqlalchemy.text("SELECT 'ab' REGEXP 'a.'")).scalar()
        self.assertEqual((1, 1), (keys, matches))
