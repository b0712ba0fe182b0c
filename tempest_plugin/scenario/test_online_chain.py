# SPDX-License-Identifier: Apache-2.0
"""Snapshots of an attached volume, created and deleted in every position and order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tempest.lib import decorators

from tempest_plugin.scenario import orders
from tempest_plugin.scenario.story import Story

_NAMES = ('oldest', 'middle', 'newest')


class OneSnapshotTest(Story):
    """The shortest lives."""

    needs_depth = 2

    @decorators.attr(type='smoke')
    @decorators.idempotent_id('800f7aaa-1dcd-4cfc-866a-fcaed96736b2')
    def test_one_snapshot_while_a_guest_writes(self) -> None:
        """Take one, see its data, delete it, and find all that was written."""
        disk = self.begin()
        snapshot = self.take(disk)
        self.judge_snapshots(disk)
        self.drop(disk, snapshot)
        self.replug(disk)
        self.finish()

    @decorators.idempotent_id('3c3e94ab-c171-4f73-bc95-22952654fe78')
    def test_one_snapshot_again_and_again(self) -> None:
        """The base is merged away each time: no file of an earlier round may be in the way."""
        disk = self.begin()
        for _ in range(3):
            self.drop(disk, self.take(disk))
        self.replug(disk)
        self.finish()

    @decorators.idempotent_id('5aae1e82-efe2-421e-9399-4472ae753ee3')
    def test_volume_is_deleted_with_its_snapshots(self) -> None:
        """What guests wrote to overlays is removed with the volume, cascading."""
        disk = self.begin()
        self.take_many(disk, 2)
        self.unplug(disk)
        self.delete_volume(disk.volume, cascade=True)
        self.check_gone(disk.volume)
        self.finish()


class OrdersTest(Story):
    """Three snapshots, deleted in each order; what is left has to keep its data."""

    needs_depth = len(_NAMES)

    def _delete(self, *order: str) -> None:
        disk = self.begin()
        snapshots = dict(zip(_NAMES, self.take_many(disk, len(_NAMES)), strict=True))
        for name in order:
            self.drop(disk, snapshots[name], f'the {name} snapshot')
            self.judge_snapshots(disk)
        self.replug(disk)

    @decorators.attr(type='smoke')
    @decorators.idempotent_id('9eb1d2d4-d1d8-4f01-b379-a22bb27e0f09')
    def test_newest_middle_oldest(self) -> None:
        """Each one's overlay is the active file: all are pulled into it."""
        self._delete('newest', 'middle', 'oldest')
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('7b64359a-5097-498a-8c4c-cfe22e68b018')
    def test_oldest_middle_newest(self) -> None:
        """All but the last are committed into the file below."""
        self._delete('oldest', 'middle', 'newest')
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('5355e155-f10e-47c7-b720-6782631932d1')
    def test_middle_oldest_newest(self) -> None:
        """A hole in the chain, then its lower end."""
        self._delete('middle', 'oldest', 'newest')
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('b9926cd9-dd49-454d-9d33-98eeab93c0ab')
    def test_middle_newest_oldest(self) -> None:
        """A hole in the chain, then its upper end."""
        self._delete('middle', 'newest', 'oldest')
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('c8f20c3b-5b16-482e-ae75-d0a5df2d347f')
    def test_oldest_newest_middle(self) -> None:
        """From both ends, the lower one first."""
        self._delete('oldest', 'newest', 'middle')
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('42ad3160-cb7c-4555-b6ec-50ad26b1761e')
    def test_newest_oldest_middle(self) -> None:
        """From both ends, the upper one first."""
        self._delete('newest', 'oldest', 'middle')
        self.finish()


class DeepChainTest(Story):
    """As many snapshots as the options allow."""

    @decorators.attr(type='slow')
    @decorators.idempotent_id('d24619a7-be25-4ebb-8017-77c92690081f')
    def test_snapshots_are_taken_where_others_were_deleted(self) -> None:
        """Take all, delete every second, fill up again, delete all."""
        disk = self.begin()
        self.take_many(disk, self.settings.depth)
        for snapshot in disk.snapshots[::2]:
            self.drop(disk, snapshot, 'every second snapshot')
        self.take_many(disk, self.settings.depth - len(disk.snapshots))
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('f2b6f897-a6b5-4f59-8342-64ade83378fe')
    def test_every_position_of_a_full_chain(self) -> None:
        """Delete at each position in turn, and fill up again at the upper end."""
        disk = self.begin()
        self.take_many(disk, self.settings.depth)
        for position in range(self.settings.depth):
            self.drop(disk, disk.snapshots[position], f'snapshot {position + 1} of a full chain')
            self.take(disk)
        self.judge_snapshots(disk)
        self.drop_all(disk)
        self.finish()


class DeepOrdersTest(Story):
    """Longer chains than those whose every order is tried."""

    needs_depth = len(_NAMES) + 1

    def _delete(self, order: Callable[[int], Sequence[int]]) -> None:
        disk = self.begin()
        snapshots = self.take_many(disk, self.settings.depth)
        for position in order(self.settings.depth):
            self.drop(disk, snapshots[position], f'what was snapshot {position + 1}')
        self.replug(disk)

    @decorators.attr(type='slow')
    @decorators.idempotent_id('8117aec6-9bab-4970-b806-c0a82c7d0e9f')
    def test_from_the_oldest(self) -> None:
        """The base grows with each deletion but the last."""
        self._delete(range)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('f4086f23-0a3b-42d6-8f0b-3ca361e8fc08')
    def test_from_the_newest(self) -> None:
        """The active file grows with each deletion."""
        self._delete(lambda depth: range(depth)[::-1])
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('d0400044-670b-4415-8176-28abf67b7b0e')
    def test_from_both_ends(self) -> None:
        """What is left in the middle is never touched before the last."""
        self._delete(orders.from_both_ends)
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('84a7fe3f-bace-46e8-8112-b117aeda620d')
    def test_from_the_middle(self) -> None:
        """A hole that grows, until only the ends are left."""
        self._delete(lambda depth: orders.from_both_ends(depth)[::-1])
        self.finish()

    @decorators.attr(type='slow')
    @decorators.idempotent_id('4971da42-b7fb-4de8-8771-94325786b147')
    def test_every_second_and_then_the_others(self) -> None:
        """Each of the first is merged into another file, which is then merged on."""
        self._delete(orders.every_second_first)
        self.finish()
