# SPDX-License-Identifier: Apache-2.0
"""Tests with a database that has Cinder's own tables, in memory."""

import unittest

import sqlalchemy
from cinder import objects
from oslo_config import cfg
from sqlalchemy import orm, pool

from driver import sessions


class DatabaseCase(unittest.TestCase):
    """Tests whose ``engine`` Cinder's objects are read with."""

    def setUp(self):
        super().setUp()
        engine = sqlalchemy.create_engine(
            'sqlite://', poolclass=pool.StaticPool, connect_args={'check_same_thread': False}
        )
        self.addCleanup(engine.dispose)
        objects.Volume.model.metadata.create_all(engine)
        cfg.CONF.set_override('connection', 'sqlite://', group='database')
        self.addCleanup(cfg.CONF.clear_override, 'connection', group='database')
        self.addCleanup(sessions.transactions().patch_engine(engine))
        self.engine = engine

    def store(self, *rows):
        """Have the database hold rows, which are instances of Cinder's models."""
        with orm.Session(self.engine) as session, session.begin():
            for row in rows:
                session.add(row)
                session.flush()
