# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
import signal
from pathlib import Path
from unittest import mock

from nova_assist.cli.errors import WorkingFolderError
from nova_assist.cli.working import working_folder
from tests.unit.nova_assist.cli.scratch import ScratchCase


class WorkingFolderTest(ScratchCase):
    def test_it_is_removed_with_all_that_is_in_it(self) -> None:
        told: list[str] = []
        with working_folder(False, told.append) as folder:
            (folder.path / 'share' / 'x').mkdir(parents=True)
        self.assertEqual(([], []), (told, list(self.working.iterdir())))

    def test_it_is_kept_if_that_turns_out_to_be_wanted(self) -> None:
        told: list[str] = []
        with working_folder(False, told.append) as folder:
            folder.keep = True
        self.assertEqual([f"kept the cloud's folder {folder.path}"], told)
        self.assertTrue(folder.path.is_dir())

    def test_a_folder_that_was_named_is_kept_with_what_is_in_it(self) -> None:
        wanted = self.working / 'one' / 'two'
        for _ in range(2):
            with working_folder(True, lambda _: None, wanted) as folder:
                (folder.path / 'database').touch()
        self.assertTrue((wanted / 'database').exists())

    def test_a_folder_that_can_not_be_made_is_a_clear_error(self) -> None:
        (self.working / 'file').touch()
        with (
            self.assertRaisesRegex(WorkingFolderError, 'name another folder'),
            working_folder(True, self.fail, self.working / 'file' / 'folder'),
        ):
            self.fail()

    def test_a_signal_while_it_is_removed_comes_when_it_is_gone(self) -> None:
        remove = shutil.rmtree

        def interrupted(path: Path) -> None:
            signal.raise_signal(signal.SIGINT)
            remove(path)

        with (
            mock.patch('shutil.rmtree', interrupted),
            self.assertRaises(KeyboardInterrupt),
            working_folder(False, self.fail),
        ):
            pass
        self.assertEqual([], list(self.working.iterdir()))
