# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from nova_assist.cli.working import _mounts_under, working_folder
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

    def test_a_mount_is_seen_below_its_folder_and_not_below_another(self) -> None:
        self.assertIn('/proc', _mounts_under(Path('/')))
        self.assertEqual([], _mounts_under(self.working))
