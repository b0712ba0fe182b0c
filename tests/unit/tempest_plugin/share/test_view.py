# SPDX-License-Identifier: Apache-2.0
import json
import pathlib
import subprocess
import tempfile
import unittest

from tempest_plugin import errors
from tempest_plugin.config import Settings
from tempest_plugin.judges import chain
from tempest_plugin.share import chains, runners
from tempest_plugin.share.view import ShareView, view_of
from tests.unit.tempest_plugin import support
from tests.unit.tempest_plugin.support import SNAPSHOT, VOLUME

BASE = f'volume-{VOLUME}'
OVERLAY = f'{BASE}.{SNAPSHOT}'


class ShareViewTest(unittest.TestCase):
    """A share with a snapshotted volume, made by ``qemu-img``."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.qemu_img('create', '-f', 'raw', BASE, '1M')
        self.qemu_img('create', '-f', 'qcow2', '-b', BASE, '-F', 'raw', OVERLAY)
        self.record({'active': OVERLAY, SNAPSHOT: OVERLAY})
        self.view = ShareView(runners.Local(), str(self.folder))

    def qemu_img(self, *arguments):
        subprocess.run(['qemu-img', *arguments], cwd=self.folder, check=True, capture_output=True)

    def record(self, content):
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / f'{BASE}.info').write_text(text)

    def test_chain_is_read_from_the_active_file_down(self):
        seen = self.view.chain(VOLUME)
        self.assertEqual((OVERLAY, BASE), seen.images)
        self.assertEqual([], chain.faults(seen, [SNAPSHOT]))

    def test_volume_without_record_is_its_own_file(self):
        for name in (OVERLAY, f'{BASE}.info'):
            (self.folder / name).unlink()
        self.assertEqual([], chain.faults(self.view.chain(VOLUME), []))

    def test_size_is_that_of_the_active_file(self):
        self.qemu_img('resize', '-f', 'qcow2', OVERLAY, '3M')
        self.assertEqual(3 * 1024**2, self.view.size(VOLUME))

    def test_size_that_can_not_be_read_is_refused(self):
        for output in ('', '[]', '{}', '[{"filename": "volume"}]', '[{"virtual-size": "large"}]'):
            with self.subTest(output):
                self.assertRaises(errors.ShareUnseen, chains.virtual_size, output)

    def test_orphan_is_a_fault(self):
        self.record({'active': BASE})
        (fault,) = chain.faults(self.view.chain(VOLUME), [])
        self.assertIn(OVERLAY, fault)

    def test_damaged_records_are_refused(self):
        for content, told in (
            ('', 'is not JSON'),
            ('{"active": ', 'is not JSON'),
            ([], 'no map of names'),
            ({'active': 3}, 'no map of names'),
            ({'active': 'volume-gone'}, 'active file volume-gone'),
        ):
            with self.subTest(told, content=content):
                self.record(content)
                self.assertRaisesRegex(errors.ShareUnseen, told, self.view.chain, VOLUME)

    def test_volume_without_files_is_refused(self):
        self.assertRaisesRegex(errors.ShareUnseen, 'not on the share', self.view.chain, SNAPSHOT)

    def test_folder_that_is_not_there_is_refused(self):
        view = ShareView(runners.Local(), '/nonexistent')
        self.assertRaisesRegex(errors.ShareUnseen, 'share_path', view.files, VOLUME)


class ChoiceTest(unittest.TestCase):
    def test_there_is_no_view_without_access(self):
        self.assertIsNone(view_of(Settings.of(support.configuration())))

    def test_local_view_looks_at_the_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, BASE).write_text('')
            conf = support.configuration(share_access='local', share_path=folder)
            self.assertEqual(1, len(view_of(Settings.of(conf)).files(VOLUME)))
