# SPDX-License-Identifier: Apache-2.0
"""Images on disk, across a restart."""

import pathlib
import tempfile
import unittest

from nova_assist.compute import errors
from nova_assist.compute.glance import stand_ins
from nova_assist.compute.glance.model import Content, Image, Member, MemberStatus, Status
from nova_assist.compute.glance.store import ImageStore

IMAGE = Image(
    'i',
    'p',
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z',
    tags=('a', 'b'),
    properties={'os_distro': 'any'},
    members={'q': Member(MemberStatus.ACCEPTED, 'then', 'now')},
    content=Content(1, None, 'c', 'h'),
)


class ImageStoreTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = ImageStore(self.folder)

    def test_all_of_an_image_outlives_the_process(self):
        self.store.add(IMAGE)
        self.assertEqual([IMAGE], ImageStore(self.folder).all())

    def test_upload_that_was_under_way_is_waited_for_again(self):
        self.store.add(IMAGE)
        self.store.change('i', status=Status.SAVING)
        self.store.upload('i').touch()
        found = ImageStore(self.folder).find('i')
        self.assertEqual(Status.QUEUED, found.status)
        self.assertFalse(self.store.upload('i').exists())

    def test_nothing_is_left_of_a_deleted_image(self):
        self.store.add(IMAGE)
        for path in (self.store.data('i'), self.store.upload('i')):
            path.touch()
        self.store.delete('i')
        self.assertEqual([], list(self.folder.iterdir()))
        with self.assertRaises(errors.NotFound):
            self.store.change('i', name='n')
        self.store.forget_upload('i')

    def test_second_image_of_an_id_is_a_conflict(self):
        self.store.add(IMAGE)
        with self.assertRaises(errors.Conflict):
            self.store.add(IMAGE)

    def test_damaged_record_is_named(self):
        (self.folder / 'x.json').write_text('{"id": "x"}')
        with self.assertRaisesRegex(errors.StateError, r'x\.json is not the record of an image'):
            ImageStore(self.folder)

    def test_stand_ins_are_provided_once(self):
        for _ in range(2):
            stand_ins.provide(self.store)
        self.assertEqual(2, len(self.store.all()))
        self.assertEqual(
            bytes(stand_ins.SIZE), self.store.data(stand_ins.STAND_IN.id).read_bytes()
        )
