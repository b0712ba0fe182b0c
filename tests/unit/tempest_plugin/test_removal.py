# SPDX-License-Identifier: Apache-2.0
import pathlib
import tempfile
import unittest

from tempest.lib import exceptions

from tempest_plugin import errors, removal
from tempest_plugin.share.runners import Local
from tempest_plugin.share.view import ShareView
from tests.unit.tempest_plugin.support import SNAPSHOT, VOLUME


class Cinder:
    """A Cinder that has one snapshot, which it deletes as the real one would."""

    build_timeout = 0.1
    build_interval = 0.01

    def __init__(self, *statuses, broken=False):
        self.statuses = list(statuses)
        self.broken = broken
        self.resets = []

    def show_snapshot(self, ident):
        """Show the next status."""
        if not self.statuses:
            raise exceptions.NotFound
        status = self.statuses[0]
        if len(self.statuses) > 1:
            self.statuses.pop(0)
        return {'snapshot': {'id': ident, 'status': status}}

    def reset_snapshot_status(self, ident, status):
        """Set the status."""
        self.resets.append((ident, status))
        self.statuses = [status]

    def delete_snapshot(self, ident):
        """Delete it, if its status allows it."""
        if self.statuses[0] not in ('available', 'error'):
            raise exceptions.BadRequest
        self.statuses = ['error_deleting'] if self.broken else []


def clear(cinder):
    removal.clear_snapshot(cinder, cinder, SNAPSHOT)


class ClearSnapshotTest(unittest.TestCase):
    def test_finished_snapshot_is_deleted_as_it_is(self):
        for status in ('available', 'error'):
            cinder = Cinder(status)
            with self.subTest(status):
                clear(cinder)
                self.assertEqual(([], []), (cinder.statuses, cinder.resets))

    def test_what_is_gone_is_left_alone(self):
        cinder = Cinder()
        clear(cinder)
        self.assertEqual([], cinder.resets)

    def test_what_is_under_way_is_waited_for(self):
        cinder = Cinder('creating', 'creating', 'available')
        clear(cinder)
        self.assertEqual(([], []), (cinder.statuses, cinder.resets))

    def test_failed_deletion_is_finished_and_told(self):
        for statuses in (('error_deleting',), ('deleting', 'error_deleting')):
            cinder = Cinder(*statuses)
            with self.subTest(statuses), self.assertRaisesRegex(errors.WentWrong, 'deleted now'):
                clear(cinder)
            self.assertEqual(([], [(SNAPSHOT, 'error')]), (cinder.statuses, cinder.resets))

    def test_stuck_snapshot_is_deleted_and_told(self):
        cinder = Cinder('deleting')
        with self.assertRaisesRegex(errors.WentWrong, "left in status 'deleting'"):
            clear(cinder)
        self.assertEqual([], cinder.statuses)

    def test_what_can_not_be_deleted_is_told(self):
        with self.assertRaisesRegex(errors.WentWrong, "but is 'error_deleting'"):
            clear(Cinder('error_deleting', broken=True))


class RefuseFilesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.share = ShareView(Local(), folder.name)

    def test_nothing_left_is_right(self):
        self.folder.joinpath(f'volume-{SNAPSHOT}').touch()
        removal.refuse_files(self.share, VOLUME)

    def test_each_file_left_is_told(self):
        names = [f'volume-{VOLUME}.{SNAPSHOT}', f'volume-{VOLUME}.info']
        for name in names:
            self.folder.joinpath(name).touch()
        with self.assertRaises(AssertionError) as told:
            removal.refuse_files(self.share, VOLUME)
        for name in names:
            self.assertIn(name, str(told.exception))

    def test_share_that_can_not_be_seen_says_nothing(self):
        removal.refuse_files(None, VOLUME)
