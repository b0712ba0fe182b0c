# SPDX-License-Identifier: Apache-2.0
"""What counts as an effect on a share, and what does not."""

import os
import pathlib
import tempfile
import unittest

from nova_assist.faults.effects import describe


def seen(event, *arguments, hidden=False):
    return describe(event, arguments, '/share', hidden=hidden)


class EffectTest(unittest.TestCase):
    def test_opening_to_write_counts_opening_to_read_does_not(self):
        self.assertEqual('open v', seen('open', '/share/v', None, os.O_RDWR))
        self.assertEqual('open v', seen('open', b'/share/v', 'w', os.O_WRONLY | os.O_CREAT))
        self.assertIsNone(seen('open', '/share/v', 'r', os.O_RDONLY))

    def test_changes_of_names_are_told_with_both(self):
        self.assertEqual('rename a b', seen('os.rename', '/share/a', '/share/b', -1, -1))
        self.assertEqual('remove a', seen('os.remove', pathlib.Path('/share/a'), -1))

    def test_other_folders_do_not_count(self):
        self.assertIsNone(seen('os.remove', '/shared/a', -1))
        self.assertIsNone(seen('os.remove', '/share', -1))
        self.assertIsNone(seen('os.remove', 17, -1))

    def test_file_that_is_named_by_its_descriptor(self):
        with tempfile.TemporaryDirectory() as folder, open(f'{folder}/v', 'wb') as file:
            told = describe('os.truncate', (file.fileno(), 0), folder, hidden=False)
        self.assertEqual('truncate v', told)

    def test_process_with_a_path_of_the_share(self):
        words = ['/usr/bin/qemu-img', 'commit', '/share/v.s']
        told = seen('subprocess.Popen', words[0], words, None, None)
        self.assertEqual('subprocess.Popen qemu-img commit v.s', told)
        self.assertIsNone(seen('subprocess.Popen', 'true', ['true'], None, None))

    def test_hidden_files_count_only_if_asked_for(self):
        self.assertIsNone(seen('os.remove', '/share/.probe', -1))
        self.assertEqual('remove .probe', seen('os.remove', '/share/.probe', -1, hidden=True))
        self.assertIsNone(seen('os.remove', '/share/one-of-several/.probe', -1))
