# SPDX-License-Identifier: Apache-2.0
"""Who is killed when a cloud ends, and who is not."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from nova_assist.cloud.errors import CleanUpError, FolderError
from nova_assist.cloud.host import claim_folder
from nova_assist.cloud.reaper import MARK, Reaper, Remains, _unescape, unmount_below

SECONDS = 10


class ReaperTest(unittest.TestCase):
    def sleeper(self, mark):
        process = subprocess.Popen(
            ['sleep', '600'], env={**os.environ, MARK: mark}, start_new_session=True
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_only_processes_with_the_mark_are_killed(self):
        reaper = Reaper('one')
        ours, others = self.sleeper('one'), self.sleeper('another')
        reaper.finish()
        self.assertEqual(-9, ours.wait(SECONDS))
        self.assertIsNone(others.poll())

    def test_children_in_sessions_of_their_own_are_found(self):
        reaper = Reaper('one')
        shell = subprocess.Popen(
            ['sh', '-c', 'setsid sleep 600 & echo $!; wait'],
            env={**os.environ, MARK: 'one'},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(shell.stdout.close)
        child = int(shell.stdout.readline())
        reaper.finish()
        self.assertEqual(-9, shell.wait(SECONDS))
        self.assertFalse(pathlib.Path(f'/proc/{child}/exe').exists())

    def test_nothing_to_kill(self):
        Reaper('one').finish()

    def test_reaper_that_was_killed_is_told(self):
        reaper = Reaper('one')
        os.kill(reaper.pid, 9)
        with self.assertRaisesRegex(CleanUpError, f'process {reaper.pid}, was killed'):
            reaper.finish()


class RemainsTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        for name in ('passing', 'abandoned', 'used', 'unused'):
            (self.root / name).mkdir()
        for name in ('passing', 'abandoned', 'used'):
            (self.root / name / 'file').touch()
        self.remains = Remains(
            passing=[self.root / 'passing'],
            abandoned=[self.root / 'abandoned'],
            empty=[self.root / 'used', self.root / 'unused'],
        )

    def left(self):
        return {path.name for path in self.root.iterdir()}

    def test_end_in_order_leaves_what_the_supervisor_looks_after(self):
        Reaper('one', self.remains).finish()
        self.assertEqual({'abandoned', 'used'}, self.left())

    def test_death_of_the_supervisor_leaves_only_what_others_put_there(self):
        command = [sys.executable, '-m', 'nova_assist.cloud.reaper', 'one']
        subprocess.run([*command, *self.remains.words()], input=b'', check=True)
        self.assertEqual({'used'}, self.left())

    def test_claim_is_held_until_all_is_clean(self):
        folder = self.root / 'passing'
        claim = claim_folder(folder)
        reaper = Reaper('one', claims=[claim])
        os.close(claim)
        with self.assertRaisesRegex(FolderError, 'another cloud runs in'):
            claim_folder(folder)
        reaper.finish()
        os.close(claim_folder(folder))


class UnmountTest(unittest.TestCase):
    def test_nothing_is_mounted_there(self):
        self.assertEqual([], unmount_below(pathlib.Path('/no/such/folder')))

    def test_blanks_and_umlauts_in_a_mount_point(self):
        self.assertEqual('/mnt/a b/ä', _unescape('/mnt/a\\040b/ä'))
