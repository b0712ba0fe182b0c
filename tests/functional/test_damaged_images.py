# SPDX-License-Identifier: Apache-2.0
"""One damage of an image header or file at a time: exactly one finding, mended or left alone."""

import os
import shutil

from driver.check.findings import Kind, Severity
from tests.functional.damaged import FIRST, NEIGHBOUR, RECORD, SECOND, SIZE, VOLUME, DamageCase
from tests.unit.driver import builders


class LinkTest(DamageCase):
    def test_absolute_backing_path(self):
        self.rebase(SECOND, self.path(FIRST), 'qcow2')
        outcomes = self.assert_mended(Kind.BACKING_PATH, SECOND, FIRST)
        self.assertIn(os.fsencode(self.path(FIRST)), self.path(outcomes[0].kept).read_bytes())
        self.assert_intact()

    def test_backing_path_of_the_share_where_another_host_has_mounted_it(self):
        mounted = self.scratch / ('0123456789abcdef' * 2)
        self.folder.rename(mounted)
        self.folder = mounted
        self.rebase(FIRST, f'/var/lib/nova/mnt/{mounted.name}/{VOLUME}', 'raw')
        self.assert_mended(Kind.BACKING_PATH, FIRST, VOLUME)
        self.assert_intact()

    def test_backing_path_of_another_share(self):
        self.rebase(FIRST, f'/var/lib/nova/mnt/{"f" * 32}/{VOLUME}', 'raw')
        self.assert_left_alone(Kind.ESCAPE, FIRST)

    def test_backing_file_outside_the_share(self):
        self.rebase(FIRST, '../../etc/passwd', 'raw')
        self.assert_left_alone(Kind.ESCAPE, FIRST)

    def test_backing_file_of_another_volume(self):
        self.rebase(FIRST, NEIGHBOUR, 'raw')
        self.assert_left_alone(Kind.ESCAPE, FIRST)

    def test_overlay_s_format_that_was_never_recorded(self):
        self.patch(SECOND, self.extension(SECOND), '>I', 0)
        self.assert_mended(Kind.BACKING_FORMAT, SECOND, FIRST)
        self.assert_intact()

    def test_base_s_format_that_was_never_recorded(self):
        self.patch(FIRST, self.extension(FIRST), '>I', 0)
        self.assert_left_alone(Kind.BACKING_FORMAT, FIRST, VOLUME)

    def extension(self, name):
        """Return where the header extension begins that has the backing file's format."""
        return self.path(name).read_bytes().index(b'\xe2\x79\x2a\xca')

    def test_backing_files_in_a_circle(self):
        self.rebase(FIRST, SECOND, 'qcow2')
        finding = self.assert_left_alone(Kind.CYCLE)
        self.assertEqual({FIRST, SECOND}, set(finding.files))

    def test_overlay_that_is_smaller_than_the_file_below(self):
        os.truncate(self.path(VOLUME), 2 * SIZE)
        self.assert_left_alone(Kind.SIZE, FIRST, VOLUME)


class ImageTest(DamageCase):
    def test_table_too_small_for_the_disk(self):
        self.patch(SECOND, 24, '>Q', 1 << 40)
        self.assert_left_alone(Kind.SIZE, SECOND)

    def test_external_data_file(self):
        self.patch(SECOND, 72, '>Q', 1 << 2)
        self.assert_left_alone(Kind.EXTERNAL_DATA, SECOND)

    def test_overlay_without_header(self):
        self.patch(SECOND, 0, '>I', 0)
        self.assert_left_alone(Kind.DAMAGED_HEADER, SECOND)

    def test_overlay_that_qemu_has_marked_as_corrupt(self):
        self.patch(FIRST, 72, '>Q', 1 << 1)
        self.assert_left_alone(Kind.DAMAGED_HEADER, FIRST)

    def test_header_in_a_raw_base(self):
        header = builders.header(backing='/etc/passwd')
        with self.path(VOLUME).open('r+b') as file:
            file.write(header)
        finding = self.assert_left_alone(Kind.HEADER_IN_RAW, VOLUME, FIRST)
        self.assertIs(Severity.ERROR, finding.severity)
        self.assertIn("'/etc/passwd'", finding.meaning)

    def test_other_image_s_mark_in_a_raw_base(self):
        self.patch(VOLUME, 0, '>4s', b'KDMV')
        self.assert_left_alone(Kind.HEADER_IN_RAW, VOLUME, FIRST)

    def test_header_in_a_base_whose_format_only_cinder_knows(self):
        for name in (FIRST, SECOND, RECORD):
            self.path(name).unlink()
        self.patch(VOLUME, 0, '>4s', builders.header()[:4])
        finding = self.assert_left_alone(Kind.HEADER_IN_RAW, VOLUME)
        self.assertIs(Severity.HINT, finding.severity)

    def test_symbolic_link(self):
        self.path(FIRST).rename(self.scratch / 'elsewhere')
        self.path(FIRST).symlink_to(self.scratch / 'elsewhere')
        self.assert_left_alone(Kind.NOT_REGULAR, FIRST)

    def test_folder_in_place_of_a_record(self):
        self.path(RECORD).unlink()
        self.path(RECORD).mkdir()
        self.assert_left_alone(Kind.NOT_REGULAR, RECORD)

    def test_pipe_does_not_stop_it(self):
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        os.mkfifo(self.path(VOLUME))
        self.assert_left_alone(Kind.NOT_REGULAR, VOLUME)
