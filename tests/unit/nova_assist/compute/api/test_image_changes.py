# SPDX-License-Identifier: Apache-2.0
"""What requests may make of an image."""

import unittest

from nova_assist.compute import errors
from nova_assist.compute.api import image_changes
from nova_assist.compute.glance.model import Image, Status, Visibility

IMAGE = Image('i', 'p', 'then', 'then', name='n', properties={'os_distro': 'any'})


class WantedTest(unittest.TestCase):
    def test_own_properties_are_told_from_others(self):
        body = {'name': 'n', 'visibility': 'private', 'tags': ['b', 'a', 'b'], 'os_distro': 'any'}
        expected = {
            'name': 'n',
            'visibility': Visibility.PRIVATE,
            'tags': ('b', 'a'),
            'properties': {'os_distro': 'any'},
        }
        self.assertEqual(expected, image_changes.wanted(body))

    def test_what_the_service_sets_is_forbidden(self):
        for key in ('status', 'size', 'checksum', 'created_at', 'locations'):
            with self.subTest(key), self.assertRaises(errors.Forbidden):
                image_changes.wanted({key: 'x'})

    def test_values_that_none_can_have_are_refused(self):
        for body in (
            {'disk_format': 'floppy'},
            {'visibility': 'everybody'},
            {'min_disk': -1},
            {'protected': 'yes'},
            {'properties': {}},
        ):
            with self.subTest(body), self.assertRaises(errors.BadRequest):
                image_changes.wanted(body)


class PatchedTest(unittest.TestCase):
    def test_both_kinds_of_patches(self):
        for patch in (
            [{'op': 'replace', 'path': '/name', 'value': 'm'}],
            [{'replace': '/name', 'value': 'm'}],
        ):
            with self.subTest(patch):
                self.assertEqual('m', image_changes.patched(IMAGE, patch)['name'])

    def test_properties_come_and_go(self):
        patch = [
            {'op': 'add', 'path': '/a~1b', 'value': 'c'},
            {'op': 'remove', 'path': '/os_distro'},
        ]
        self.assertEqual({'a/b': 'c'}, image_changes.patched(IMAGE, patch)['properties'])

    def test_what_is_not_there_is_a_conflict(self):
        for operation in ('replace', 'remove'):
            with self.subTest(operation), self.assertRaises(errors.Conflict):
                patch = [{'op': operation, 'path': '/other', 'value': 'x'}]
                image_changes.patched(IMAGE, patch)

    def test_own_properties_stay_and_formats_are_settled_with_the_data(self):
        active = Image('i', 'p', 'then', 'then', status=Status.ACTIVE, disk_format='raw')
        for patch in (
            [{'op': 'remove', 'path': '/name'}],
            [{'op': 'replace', 'path': '/disk_format', 'value': 'qcow2'}],
            [{'op': 'replace', 'path': '/status', 'value': 'queued'}],
        ):
            with self.subTest(patch), self.assertRaises(errors.Forbidden):
                image_changes.patched(active, patch)

    def test_what_is_no_patch_is_refused(self):
        for patch in (
            {},
            ['x'],
            [{}],
            [{'op': 'move', 'path': '/a', 'value': 'x'}],
            [{'op': 'add', 'path': 'a', 'value': 'x'}],
            [{'op': 'add', 'path': '/a'}],
        ):
            with self.subTest(patch), self.assertRaises(errors.BadRequest):
                image_changes.patched(IMAGE, patch)
