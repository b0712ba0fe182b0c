# SPDX-License-Identifier: Apache-2.0
"""Which other services of a cluster are down, asked of a database with Cinder's own tables."""

import datetime

import sqlalchemy
from cinder import objects
from sqlalchemy import orm

from driver.peers import Peers
from tests.unit.driver.database_case import DatabaseCase

CLUSTER = 'cluster@nfs'
OURS, OTHER = 'one@nfs', 'two@nfs'
DAY = datetime.timedelta(days=1)


class FallenTest(DatabaseCase):
    def setUp(self):
        super().setUp()
        self.now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        self.peers = Peers(OURS, CLUSTER)
        self.add(OURS, self.now - DAY)

    def add(self, host, heard_of, cluster=CLUSTER):
        with orm.Session(self.engine) as session, session.begin():
            session.add(
                objects.Service.model(
                    host=host, cluster_name=cluster, binary='cinder-volume', updated_at=heard_of
                )
            )

    def hear_of(self, host, when):
        rows = objects.Service.model.__table__
        with self.engine.begin() as connection:
            change = sqlalchemy.update(rows).where(rows.c.host == host)
            connection.execute(change.values(updated_at=when))

    def settle(self):
        fallen = self.peers.fallen()
        self.peers.settle(fallen)
        return [*fallen]

    def test_service_that_is_up_is_not_settled_for(self):
        self.add(OTHER, self.now)
        self.assertEqual([], self.settle())

    def test_service_that_goes_down_is_settled_for_once(self):
        self.add(OTHER, self.now)
        self.settle()
        self.hear_of(OTHER, self.now - DAY)
        self.assertEqual([[OTHER], []], [self.settle(), self.settle()])

    def test_service_that_came_and_went_between_two_looks_is_settled_for(self):
        self.add(OTHER, self.now - 2 * DAY)
        self.settle()
        self.hear_of(OTHER, self.now - DAY)
        self.assertEqual([OTHER], self.settle())

    def test_service_of_another_cluster_is_not_ours_to_settle_for(self):
        self.add(OTHER, self.now - DAY, cluster='another@nfs')
        self.assertEqual([], self.settle())

    def test_service_without_a_cluster_has_no_others(self):
        self.add(OTHER, self.now - DAY)
        self.assertEqual({}, Peers(OURS, None).fallen())
