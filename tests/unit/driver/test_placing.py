# SPDX-License-Identifier: Apache-2.0
import contextlib
import itertools
import os
import pathlib
import sys
import tempfile
import unittest

from driver import access, exceptions
from driver.placing import Placing
from driver.room import Limits
from driver.shares import Shares
from tests.unit.driver.builders import GIB
from tests.unit.driver.test_shares import settings

ONE, TWO = 'host:/one', 'host:/two'
FILES = 2000

#: What was read of folders, for tests that may not read any.
_read: list = []


def _note(event, arguments):
    if event in ('os.scandir', 'os.listdir'):
        _read.append((event, *arguments))


class Rows:
    """Stands for Cinder's database: sizes of volumes by share and id."""

    def __init__(self):
        self.sizes = {}
        self.asked = 0

    def place(self, export, volume_id, size):
        self.sizes[export, volume_id] = size

    def promised(self, exports, apart_from=None):
        self.asked += 1
        found = {}
        for (export, volume_id), size in self.sizes.items():
            if volume_id != apart_from and export in exports:
                found[export] = found.get(export, 0) + size
        return found


class Client:
    """Has shares that are folders, mounted as long as they are there."""

    def __init__(self, base):
        self._base = base

    def get_mount_point(self, export):
        return str(self._base / export.partition(':/')[2])

    def mount(self, export, flags):
        pass


class PlacingCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.base = pathlib.Path(folder.name)
        for name in ('one', 'two'):
            (self.base / name).mkdir()
        listed = dict.fromkeys((ONE, TWO))
        self.mounted = Shares(settings(self.base), Client(self.base), lambda: listed)
        self.refresh()
        self.rows = Rows()
        self.placing = Placing(self.mounted, self.rows, Limits(True, 0.0, 20.0))

    def refresh(self):
        """Do what comes before each report to the scheduler."""
        self.mounted.mount()
        self.mounted.admit(access.FileMaker(access.SECURE_MODE))

    def place(self, volume_id, size=GIB):
        export = self.placing.choose(size, volume_id)
        self.rows.place(export, volume_id, size)
        return export

    def vanish(self, name):
        (self.base / name).rename(self.base / f'{name}.gone')
        return contextlib.closing(_Return(self.base / name))


class _Return:
    def __init__(self, path):
        self._path = path

    def close(self):
        self._path.with_name(f'{self._path.name}.gone').rename(self._path)


class SpreadTest(PlacingCase):
    def test_volumes_are_spread_by_what_is_promised(self):
        found = [self.place(str(number)) for number in range(4)]
        self.assertEqual({ONE: 2, TWO: 2}, {each: found.count(each) for each in (ONE, TWO)})

    def test_volume_that_is_not_made_yet_counts(self):
        first = self.place('large', 7 * GIB)
        others = {self.place(str(number)) for number in range(6)}
        self.assertEqual({ONE, TWO} - {first}, others)

    def test_volume_that_is_placed_again_does_not_count_itself(self):
        total, _ = self.mounted.measure(ONE)
        limit = 15 * total
        first = self.place('v', limit)
        self.rows.place(TWO if first == ONE else ONE, 'other', limit)
        self.assertEqual(first, self.placing.choose(limit, 'v'))

    def test_one_query_tells_of_all_shares(self):
        self.placing.choose(GIB, 'v')
        self.assertEqual(1, self.rows.asked)


class LeftOutTest(PlacingCase):
    def test_share_that_vanished_is_left_out_with_a_line_and_comes_back(self):
        with self.vanish('one'), self.assertLogs('driver.placing', 'ERROR') as logged:
            self.assertEqual([TWO, TWO], [self.place(str(number)) for number in range(2)])
            self.assertEqual([TWO], list(self.placing.rooms()))
        self.assertRegex(logged.output[0], f'Share {ONE} is left out: .*No such file')
        self.refresh()
        self.assertEqual(ONE, self.place('next'))

    def test_share_with_too_much_promised_is_left_out_with_a_line(self):
        total, _ = self.mounted.measure(ONE)
        self.rows.place(ONE, 'large', 20 * total)
        with self.assertLogs('driver.placing', 'WARNING') as logged:
            self.assertEqual(TWO, self.placing.choose(GIB, 'v'))
        self.assertRegex(logged.output[0], f'Share {ONE} .* promised. has too much promised')

    def test_error_names_the_figures_of_each_share(self):
        total, _ = self.mounted.measure(ONE)
        self.rows.place(ONE, 'large', 20 * total)
        with (
            self.vanish('two'),
            self.assertLogs('driver.placing'),
            self.assertRaises(exceptions.ShareError) as raised,
        ):
            self.placing.choose(GIB, 'v')
        promised = 20 * total / GIB
        self.assertRegex(
            str(raised.exception),
            rf'No share has room for a volume of {GIB} bytes: {ONE} has too much promised '
            rf'\([0-9.]+ GiB, [0-9.]+ of them free, {promised:.1f} promised\); {TWO} can not be '
            rf'used .*; 0% of a share are reserved, the rest may be promised 20 times',
        )


class GrowthTest(PlacingCase):
    def test_volume_grows_into_what_others_leave(self):
        total, _ = self.mounted.measure(ONE)
        self.rows.place(ONE, 'other', 10 * total)
        # Larger in the database already, from an attempt that failed.
        self.rows.place(ONE, 'v', 10 * total)
        self.placing.require_growth(ONE, 'v', GIB, 10 * total)
        with self.assertRaisesRegex(exceptions.ShareError, f'{ONE} has no room .* promised'):
            self.placing.require_growth(ONE, 'v', GIB, 10 * total + GIB)


class ManyVolumesTest(PlacingCase):
    @classmethod
    def setUpClass(cls):
        sys.addaudithook(_note)  # stays for the life of the process

    def test_no_folder_is_read_whatever_lies_in_it(self):
        for name, number in itertools.product(('one', 'two'), range(FILES)):
            (self.base / name / f'volume-{number}').touch()
        _read.clear()
        self.refresh()
        self.placing.rooms()
        self.place('v')
        self.assertEqual([], _read)

    def test_reading_a_folder_is_seen(self):
        _read.clear()
        os.listdir(self.base)
        with os.scandir(self.base):
            pass
        self.assertEqual(['os.listdir', 'os.scandir'], [event for event, *_ in _read])
