# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import tempfile
import unittest

from tempest_plugin import errors
from tempest_plugin.share import files
from tempest_plugin.share.files import VolumeFile
from tempest_plugin.share.runners import Local
from tests.unit.tempest_plugin.support import SNAPSHOT, VOLUME


class ParseTest(unittest.TestCase):
    def test_records_are_read_in_order_of_the_paths(self):
        output = '0 root 0 root 644 5 b/volume-1.info\x00500 cinder 600 600 2660 7 a/volume-1\x00'
        self.assertEqual(
            (
                VolumeFile('a/volume-1', 500, 'cinder', 600, '600', 0o2660, 7),
                VolumeFile('b/volume-1.info', 0, 'root', 0, 'root', 0o644, 5),
            ),
            files.parse(output),
        )
        self.assertEqual('volume-1', files.parse(output)[0].name)

    def test_any_name_is_read(self):
        (file,) = files.parse('1 a 1 a 660 0 volume-1 and\nmore\x00')
        self.assertEqual('volume-1 and\nmore', file.name)

    def test_nothing_is_no_file(self):
        self.assertEqual((), files.parse(''))

    def test_anything_else_is_refused(self):
        for output in ('find: bad', '1 a 1 a 9z 0 volume-1\x00', '1 a 1 a 660 x v\x00', '%U\x00'):
            with self.subTest(output), self.assertRaisesRegex(errors.ShareUnseen, 'GNU find'):
                files.parse(output)


class FindTest(unittest.TestCase):
    """The real ``find`` on a folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def make(self, name, mode):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('text')
        path.chmod(mode)

    def look(self):
        return files.parse(Local().run(files.command(str(self.folder), VOLUME)))

    def test_all_files_of_the_volume_are_seen_and_no_others(self):
        self.make(f'volume-{VOLUME}', 0o660)
        self.make(f'volume-{VOLUME}.{SNAPSHOT}', 0o600)
        self.make(f'volume-{VOLUME}.info.tmp', 0o644)
        self.make(f'volume-{SNAPSHOT}', 0o666)
        self.make('other', 0o666)
        found = self.look()
        self.assertEqual([0o660, 0o600, 0o644], [file.mode for file in found])
        self.assertEqual({(os.getuid(), os.getgid(), 4)}, {(f.uid, f.gid, f.size) for f in found})

    def test_files_that_vanish_meanwhile_fail_nothing(self):
        # Before it knows the name, find may have to look at a file only to tell its type.
        before, _, _ = ' '.join(files.command('folder', VOLUME)).partition(' -type ')
        self.assertIn('-ignore_readdir_race', before)
        self.assertIn(f'-name volume-{VOLUME}*', before)

    def test_a_mount_below_the_folder_is_looked_into(self):
        self.make(f'mount/volume-{VOLUME}', 0o660)
        self.assertEqual([f'mount/volume-{VOLUME}'], [file.path for file in self.look()])
