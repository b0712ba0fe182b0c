# SPDX-License-Identifier: Apache-2.0
"""Which services of a cluster are at work, asked of a database with Cinder's own tables."""

import datetime
import unittest

import sqlalchemy
from cinder import objects

from driver.peers import Peers, announced
from driver.remotefs import SnapshotDriver
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
        self.store(
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


class AnnouncedTest(unittest.TestCase):
    def setUp(self):
        self._peers = self
        self.done = []

    def take(self, volume):
        self.done.append(f'took {volume}')

    @announced
    def work(self, context, volume, *, size=0):
        self.done.append(f'worked on {volume}')
        return size

    def test_row_is_taken_first_however_the_volume_is_given(self):
        self.assertEqual(1, self.work(None, 'a', size=1))
        self.assertEqual(2, self.work(volume='b', context=None, size=2))
        self.assertEqual(['took a', 'worked on a', 'took b', 'worked on b'], self.done)

    def test_operations_whose_status_a_start_ends_are_announced_before_the_lock(self):
        for name in (
            'extend_volume',
            'revert_to_snapshot',
            'copy_image_to_volume',
            'copy_volume_to_image',
            'manage_existing',
            'unmanage',
            'migrate_volume',
        ):
            method = getattr(SnapshotDriver, name)
            self.assertEqual(self.work.__func__.__code__, method.__code__, name)
