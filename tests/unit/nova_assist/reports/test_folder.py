# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import stat
import tempfile
import unittest
from pathlib import Path

from nova_assist.reports.errors import FolderError, UnreadableError
from nova_assist.reports.folder import ReportFolder
from tests.unit.nova_assist.reports import samples


class ReportFolderTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        self.folder = ReportFolder(self.root / 'deep' / 'report')

    def names(self) -> set[str]:
        return {str(path.relative_to(self.folder.path)) for path in self.folder.path.rglob('*')}

    def test_a_report_written_is_the_report_read(self) -> None:
        self.folder.prepare()
        self.folder.write(samples.mixed())
        self.assertEqual({'report.json', 'junit.xml', 'report.html'}, self.names())
        self.assertEqual(samples.mixed(), self.folder.read())

    def test_the_files_are_as_readable_as_the_umask_says(self) -> None:
        self.folder.prepare()
        before = os.umask(0o027)
        try:
            self.folder.write(samples.mixed())
        finally:
            os.umask(before)
        mode = (self.folder.path / 'junit.xml').stat().st_mode
        self.assertEqual(0o640, stat.S_IMODE(mode))

    def test_a_new_run_removes_the_earlier_report_and_its_logs_only(self) -> None:
        self.folder.prepare()
        logs = self.root / 'cloud' / 'log'
        logs.mkdir(parents=True)
        (logs / 'cinder.log').write_text('x')
        report = samples.mixed()
        report.logs = self.folder.keep_logs(self.root / 'cloud')
        self.folder.write(report)
        (self.folder.path / 'logs' / 'mine.log').touch()
        (self.folder.path / 'notes').touch()
        self.folder.prepare()
        self.assertEqual({'notes', 'logs', 'logs/mine.log'}, self.names())

    def test_a_folder_that_another_run_writes_to_is_refused(self) -> None:
        with (
            self.folder.claimed(),
            self.assertRaisesRegex(FolderError, 'another run writes its report there'),
            ReportFolder(self.folder.path).claimed(),
        ):
            pass
        with self.folder.claimed():
            self.assertEqual(set(), self.names())

    def test_logs_are_kept_by_their_place_below_the_cloud(self) -> None:
        self.folder.prepare()
        for name in ('log/cinder.log', 'compute/a/qemu.log'):
            log = self.root / 'cloud' / name
            log.parent.mkdir(parents=True)
            log.write_text(name)
        places = self.folder.keep_logs(self.root / 'cloud')
        self.assertEqual({'log/cinder.log', 'compute/a/qemu.log'}, set(places))
        for name, place in places.items():
            self.assertEqual(name, (self.folder.path / place).read_text())

    def test_a_cloud_without_logs_leaves_none(self) -> None:
        self.folder.prepare()
        self.assertEqual({}, self.folder.keep_logs(self.root))
        self.assertEqual(set(), self.names())

    def test_a_folder_that_is_a_file_is_refused(self) -> None:
        file = self.root / 'file'
        file.touch()
        for path in (file, file / 'below'):
            with self.assertRaisesRegex(FolderError, f"can't prepare {path}: .*--report"):
                ReportFolder(path).prepare()

    def test_a_folder_that_nobody_can_write_is_refused(self) -> None:
        with self.assertRaisesRegex(FolderError, "can't prepare /proc/self: "):
            ReportFolder(Path('/proc/self')).prepare()

    def test_a_report_that_fails_to_be_written_leaves_no_half_file(self) -> None:
        self.folder.prepare()
        (self.folder.path / 'report.html').mkdir()
        with self.assertRaisesRegex(FolderError, "can't write the report to"):
            self.folder.write(samples.mixed())
        self.assertEqual({'report.json', 'junit.xml', 'report.html'}, self.names())

    def test_a_folder_without_a_report_says_what_to_name(self) -> None:
        with self.assertRaisesRegex(UnreadableError, 'holds no report.json: name the folder'):
            ReportFolder(self.root).read()

    def test_a_report_that_is_a_folder_or_no_text_is_unreadable(self) -> None:
        (self.root / 'report.json').mkdir()
        with self.assertRaisesRegex(UnreadableError, "report.json can't be read"):
            ReportFolder(self.root).read()
        (self.root / 'report.json').rmdir()
        (self.root / 'report.json').write_bytes(b'\xff\xfe')
        with self.assertRaisesRegex(UnreadableError, "report.json can't be read"):
            ReportFolder(self.root).read()
