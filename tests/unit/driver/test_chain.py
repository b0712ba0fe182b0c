# SPDX-License-Identifier: Apache-2.0
import dataclasses
import unittest

import hypothesis
from hypothesis import stateful, strategies

from driver import chain, exceptions
from driver.chain import Chain, Image
from driver.layout import Format
from tests.unit.driver import builders


class FollowTest(unittest.TestCase):
    def follow(self, images, active=builders.VOLUME, image_format=Format.QCOW2):
        files = {image.name: image for image in images}
        return chain.follow(
            builders.layout(), active, image_format, lambda name, form: files[name]
        )

    def test_chain_is_followed_to_its_base_with_recorded_formats(self):
        place, record, whole = builders.volume_with_snapshots('a', 'b')
        files = {image.name: image for image in whole.images}
        asked = []

        def inspect(name, image_format):
            asked.append((name, image_format))
            return files[name]

        found = chain.follow(place, record.active, Format.QCOW2, inspect)
        self.assertEqual(whole, found)
        self.assertEqual((builders.VOLUME, Format.RAW), asked[-1])

    def test_backing_file_outside_the_volume_is_refused(self):
        for name in (
            '/etc/shadow',
            '../volume-2',
            'json:{}',
            'volume-2',
            f'{builders.VOLUME}.info',
        ):
            image = Image(builders.VOLUME, Format.QCOW2, 1, name, 'raw')
            with self.subTest(name), self.assertRaisesRegex(exceptions.ImageError, 'no file of'):
                self.follow([image])

    def test_circle_is_refused(self):
        other = f'{builders.VOLUME}.a'
        images = [
            Image(builders.VOLUME, Format.QCOW2, 1, other, 'qcow2'),
            Image(other, Format.QCOW2, 1, builders.VOLUME, 'qcow2'),
        ]
        with self.assertRaisesRegex(exceptions.ChainError, 'comes back to'):
            self.follow(images)

    def test_unrecorded_backing_format_is_not_guessed(self):
        overlay = Image(f'{builders.VOLUME}.a', Format.QCOW2, 1, builders.VOLUME, None)
        with self.assertRaisesRegex(exceptions.ChainError, 'neither raw nor qcow2'):
            self.follow([overlay], active=overlay.name)


class CheckTest(unittest.TestCase):
    def test_record_and_chain_that_agree(self):
        chain.check(*builders.volume_with_snapshots('a', 'b'))

    def test_overlay_missing_from_the_record(self):
        place, record, whole = builders.volume_with_snapshots('a', 'b')
        with self.assertRaisesRegex(exceptions.ChainError, 'disagree'):
            chain.check(place, record.without_snapshot('a'), whole)

    def test_overlay_missing_from_the_chain(self):
        place, record, whole = builders.volume_with_snapshots('a', 'b')
        with self.assertRaisesRegex(exceptions.ChainError, 'disagree'):
            chain.check(place, record, Chain(whole.images[1:]))


class PlanTest(unittest.TestCase):
    """The three cases of the protocol, and the offline ones."""

    def test_online_delete_of_the_only_snapshot_pulls_everything(self):
        _, record, whole = builders.volume_with_snapshots('a')
        plan = chain.plan_online_merge(record, whole, 'a')
        self.assertEqual((None, None), (plan.file_to_merge, plan.merge_target))
        self.assertEqual(builders.VOLUME, plan.removed)
        self.assertIsNone(plan.new_backing)
        self.assertEqual({}, plan.record.overlays)

    def test_online_delete_of_the_newest_snapshot_pulls_one_file(self):
        place, record, whole = builders.volume_with_snapshots('a', 'b')
        plan = chain.plan_online_merge(record, whole, 'b')
        self.assertEqual((builders.VOLUME, None), (plan.file_to_merge, plan.merge_target))
        self.assertEqual(place.overlay('a'), plan.removed)
        self.assertEqual({'a': place.overlay('b')}, plan.record.overlays)
        self.assertEqual(place.overlay('b'), plan.record.active)

    def test_online_delete_of_an_older_snapshot_commits(self):
        place, record, whole = builders.volume_with_snapshots('a', 'b', 'c')
        plan = chain.plan_online_merge(record, whole, 'b')
        self.assertEqual(
            (place.overlay('b'), place.overlay('a')), (plan.file_to_merge, plan.merge_target)
        )
        self.assertEqual((place.overlay('c'), place.overlay('b')), (plan.rebased, plan.removed))
        self.assertTrue(plan.spares_active)

    def test_offline_delete_of_the_newest_snapshot_makes_the_lower_file_active(self):
        place, record, whole = builders.volume_with_snapshots('a', 'b')
        plan = chain.plan_offline_merge(record, whole, 'b')
        self.assertIsNone(plan.upper)
        self.assertEqual(place.overlay('a'), plan.record.active)

    def test_snapshot_that_is_not_in_the_chain(self):
        _, record, whole = builders.volume_with_snapshots('a', 'b')
        for snapshot_id in ('a', 'unknown'):
            with self.subTest(snapshot_id), self.assertRaises(exceptions.ChainError):
                chain.plan_offline_merge(record, Chain(whole.images[:1]), snapshot_id)


class Blocks(stateful.RuleBasedStateMachine):
    """A volume as layers of blocks: whatever order of operations, no snapshot changes."""

    def __init__(self):
        super().__init__()
        self.layout, self.record, self.chain = builders.volume_with_snapshots()
        self.layers = {builders.VOLUME: {}}
        self.expected = {}
        self.sequence = 0

    def content(self, name):
        seen = {}
        while name is not None:
            seen = {**self.layers[name], **seen}
            name = self.chain.find(name).backing
        return seen

    def rebase(self, name, backing):
        below = self.chain.find(backing) if backing else None
        images = [
            dataclasses.replace(
                image, backing=backing, backing_format=below.format.value if below else None
            )
            if image.name == name
            else image
            for image in self.chain.images
        ]
        self.chain = Chain(tuple(images))

    def remove(self, name):
        del self.layers[name]
        self.chain = Chain(tuple(i for i in self.chain.images if i.name != name))

    @stateful.rule(block=strategies.integers(0, 5))
    def write(self, block):
        self.sequence += 1
        self.layers[self.record.active][block] = self.sequence

    @stateful.precondition(lambda self: len(self.expected) < 6)
    @stateful.rule()
    def snapshot(self):
        self.sequence += 1
        snapshot_id = f's{self.sequence}'
        self.expected[snapshot_id] = self.content(self.record.active)
        lower, name = self.chain.active, self.layout.overlay(snapshot_id)
        image = Image(name, Format.QCOW2, lower.virtual_size, lower.name, lower.format.value)
        self.layers[name] = {}
        self.chain = Chain((image, *self.chain.images))
        self.record = self.record.with_snapshot(snapshot_id, name)

    @stateful.precondition(lambda self: self.expected)
    @stateful.rule(data=strategies.data())
    def delete_offline(self, data):
        snapshot_id = data.draw(strategies.sampled_from(sorted(self.expected)))
        plan = chain.plan_offline_merge(self.record, self.chain, snapshot_id)
        self.layers[plan.lower.name].update(self.layers[plan.overlay])
        if plan.upper is not None:
            self.rebase(plan.upper, plan.lower.name)
        self.remove(plan.overlay)
        self.record = plan.record
        del self.expected[snapshot_id]

    @stateful.precondition(lambda self: self.expected)
    @stateful.rule(data=strategies.data())
    def delete_online(self, data):
        snapshot_id = data.draw(strategies.sampled_from(sorted(self.expected)))
        before = self.record
        plan = chain.plan_online_merge(before, self.chain, snapshot_id)
        assert chain.finished_merge(before, self.chain, snapshot_id) is None
        if plan.merge_target is not None:
            self.layers[plan.merge_target].update(self.layers[plan.file_to_merge])
        else:
            merged = self.layers[plan.removed]
            self.layers[plan.rebased] = {**merged, **self.layers[plan.rebased]}
        self.rebase(plan.rebased, plan.new_backing)
        self.remove(plan.removed)
        assert chain.finished_merge(before, self.chain, snapshot_id) == plan.record
        self.record = plan.record
        del self.expected[snapshot_id]

    @stateful.invariant()
    def record_and_chain_agree_and_no_snapshot_changed(self):
        chain.check(self.layout, self.record, self.chain)
        for snapshot_id, content in self.expected.items():
            image = chain.snapshot_image(self.record, self.chain, snapshot_id)
            assert self.content(image.name) == content


AnyOrderTest = Blocks.TestCase
AnyOrderTest.settings = hypothesis.settings(deadline=None, max_examples=60)
