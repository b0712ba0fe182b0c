# SPDX-License-Identifier: Apache-2.0
"""Files made to lead a driver astray: every entry refuses them and changes nothing."""

import contextlib
import json
import os
import subprocess
from unittest import mock

from driver import exceptions, journal
from driver.backend import Target
from driver.journal import Intent, Operation
from driver.layout import Format
from tests.unit.driver import builders
from tests.unit.driver.hostile import PLANTS, at_once, plant
from tests.unit.driver.test_clones import OTHER, CloneCase

OVERLAY = f'{builders.VOLUME}.a'

#: Names that lead out of the volume, or to a file of it that is no image.
LEADING_OUT = (
    '/etc/shadow',
    '/dev/fd/3',
    'json:{"driver": "file", "filename": "/etc/shadow"}',
    'nbd://203.0.113.1/x',
    'nbd:unix:/run/x:exportname=x',
    'fd:3',
    f'file:{builders.VOLUME}',
    '..',
    '.',
    f'../{builders.VOLUME}',
    f'./{builders.VOLUME}',
    f'{builders.VOLUME}/',
    f'{builders.VOLUME}/../x',
    'volume-of-somebody-else',
    f'{builders.VOLUME}0',
    f'{builders.VOLUME}.',
    f'{builders.VOLUME}.info',
    f'{builders.VOLUME}.journal',
    f'{builders.VOLUME}.tmp',
    f'{builders.VOLUME}.a.tmp',
    f'{builders.VOLUME}\n',
    f'{builders.VOLUME}\0x',
    ' ',
)

#: Headers that are damaged or made up, by what is said of them.
MADE_UP = {
    'external file': {'incompatible': 4},
    'external data file': {'extensions': builders.extension(0x44415441, b'/etc/shadow')},
    'features that are not known': {'incompatible': 1 << 5},
    'features that are not known .*0x8000000000000000': {'incompatible': 1 << 63},
    'compressed in a way': {'incompatible': 8},
    'marked as corrupt': {'incompatible': 2},
    'encrypted': {'crypt': 2},
    f'claims {2 * builders.GIB} bytes, the volume has': {'size': 2 * builders.GIB},
    'which takes an L1 table of 2 entries, and has 1': {'l1_entries': 1},
    'more than QEMU allows': {'l1_entries': 0xFFFFFFFF},
    'an L1 table at 5,': {'l1_offset': 5},
    'an L1 table at 18446744073709486080': {'l1_offset': (1 << 64) - 65536},
    'refcount table of 281474976645120 bytes': {'refcount_clusters': 0xFFFFFFFF},
    'a refcount table at 0': {'refcount_offset': 0},
    'reference counts of 2': {'refcount_order': 7},
    'internal snapshots': {'snapshots': 65537},
    'table of internal snapshots at 1': {'snapshots': 1, 'snapshots_offset': 1},
    'header of 4294967288 bytes': {'header_length': 0xFFFFFFF8},
    'header of 72 bytes': {'header_length': 72},
    'cluster size of 2.31': {'cluster_bits': 31},
    'twice': {'extensions': builders.extension(0xE2792ACA, b'qcow2')},
    'is not plain text': {'backing': builders.VOLUME, 'backing_format': 'raw\0'},
    'is cut off': {'extensions': builders.extension(0x6803F857, b'')[:4] + b'\xff\xff\xff\xff'},
    'names .* as its backing file': {'backing': '/etc/shadow'},
}

#: Records that are damaged or made up, by what is said of them.
RECORDS = {
    'is empty': b' ',
    'is larger than': b'{"active": "x", "y": "' + b'y' * (10 << 20) + b'"}',
    'is not JSON': b'{"active": "\xff"}',
    'it has a key twice': f'{{"active": "{OVERLAY}", "a": "{OVERLAY}", "a": "x"}}'.encode(),
    'key "active"': json.dumps([OVERLAY]).encode(),
    'is not a JSON object': b'null',
    r'\.\./x.*no id of a snapshot': json.dumps({'active': OVERLAY, '../../x': OVERLAY}).encode(),
    'key .*n.* no id of a snapshot': json.dumps({'active': OVERLAY, 'a\n': OVERLAY}).encode(),
    'names 7': json.dumps({'active': 7}).encode(),
    'names True': json.dumps({'active': OVERLAY, 'a': True}).encode(),
    'names None': json.dumps({'active': None}).encode(),
    r'names \[\[': json.dumps({'active': [[OVERLAY]]}).encode(),
    'names .*volume': json.dumps({'active': {'active': OVERLAY}}).encode(),
    'nesting|recursion|names': b'{"active": ' + b'[' * 400 + b']' * 400 + b'}',
    'recursion': b'[' * 200_000,
}

#: Journals that are damaged or made up, by what is said of them.
JOURNALS = {
    'larger than': b' ' * (1 << 20),
    'not a valid Operation': b'{"operation": "rm", "snapshot": "a", "removes": null}',
    'xxx. An operation': b'{"operation": "'
    + b'x' * 60000
    + b'", "snapshot": "a", "removes": null}',
    'no id of a snapshot': b'{"operation": "create", "snapshot": null, "removes": null}',
    'is no id': b'{"operation": "create", "snapshot": "../x", "removes": null}',
    "'/etc/x' is no file": b'{"operation": "delete", "snapshot": "a", "removes": "/etc/x"}',
    "'' is no file": b'{"operation": "delete", "snapshot": "a", "removes": ""}',
    '7 is no file': b'{"operation": "delete", "snapshot": "a", "removes": 7}',
    '.*info. is no file': json.dumps(
        {'operation': 'delete', 'snapshot': 'a', 'removes': f'{builders.VOLUME}.info'}
    ).encode(),
    'recursion': b'[' * 20_000,
    'indices': b'[]',
}


class HostileCase(CloneCase):
    """A detached volume with snapshot ``a``, and every entry of the driver that opens files."""

    def setUp(self):
        super().setUp()
        self.take('a')
        spied = mock.patch('subprocess.Popen', wraps=subprocess.Popen)
        self.started = spied.start()
        self.addCleanup(spied.stop)

    def entries(self):
        return {
            'create a snapshot': lambda: self.take('b'),
            'delete a snapshot': lambda: self.remove('a'),
            'clone': self.clone,
            'create from a snapshot': lambda: self.backend.create_from_snapshot(
                Target('c', OTHER, 'volume-c10e', builders.GIB), self.state, 'a'
            ),
            'extend': lambda: self.extending.extend(self.state, builders.GIB, None),
            'connect': lambda: self.backend.connection(self.state),
        }

    def seen(self):
        """Return what lies on the share: kind, size and last change by name."""
        found = {entry.name: entry.stat(follow_symlinks=False) for entry in os.scandir(self.share)}
        return {
            name: (status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns)
            for name, status in found.items()
        }

    @property
    def share(self):
        return self.layout.folder

    def assert_refused(self, words, error=exceptions.DriverError, entries=None):
        before = self.seen()
        for entry, call in (entries or self.entries()).items():
            refused = self.assertRaisesRegex(error, words)
            with self.subTest(f'{entry}: {words}'), at_once(), refused:
                call()
            self.assertEqual(before, self.seen(), entry)
            self.assertEqual([], self.files_of_clone(), entry)
            self.assertEqual([], self.started.mock_calls, entry)

    def deletion(self):
        return {
            'delete the volume': lambda: self.backend.delete_volume('host:/share', builders.VOLUME)
        }

    @contextlib.contextmanager
    def replaced(self, name, start):
        """Have a file begin with other bytes for the length of the block."""
        path = self.layout.path(name)
        with path.open('r+b') as file:
            kept = file.read(len(start))
            file.seek(0)
            file.write(start)
        try:
            yield
        finally:
            with path.open('r+b') as file:
                file.write(kept)

    @contextlib.contextmanager
    def written(self, name, content):
        """Have a small file hold something else for the length of the block."""
        path = self.layout.path(name)
        kept = path.read_bytes() if path.exists() else None
        path.write_bytes(content)
        try:
            yield
        finally:
            path.unlink() if kept is None else path.write_bytes(kept)


class HeaderTest(HostileCase):
    def test_backing_file_that_is_no_image_of_the_volume(self):
        for name in LEADING_OUT:
            with self.replaced(OVERLAY, builders.header(backing=name)):
                self.assert_refused('no file of|not plain text', exceptions.ImageError)

    def test_backing_file_that_is_the_file_itself(self):
        with self.replaced(OVERLAY, builders.header(backing=OVERLAY, backing_format='qcow2')):
            self.assert_refused('comes back to', exceptions.ChainError)

    def test_backing_format_that_no_volume_has(self):
        for form in ('vmdk', 'luks', 'Raw', None):
            header = builders.header(backing=builders.VOLUME, backing_format=form)
            with self.replaced(OVERLAY, header):
                self.assert_refused('neither raw nor qcow2', exceptions.ChainError)

    def test_backing_format_without_a_name(self):
        header = builders.header(backing=builders.VOLUME, backing_format='')
        with self.replaced(OVERLAY, header):
            self.assert_refused('format name of 0 bytes', exceptions.ImageError)

    def test_made_up_header_of_the_active_file(self):
        for words, fields in MADE_UP.items():
            with self.replaced(OVERLAY, builders.header(**{'backing': builders.VOLUME, **fields})):
                self.assert_refused(words, (exceptions.ImageError, exceptions.Unsupported))

    def test_made_up_header_at_the_bottom_of_the_chain(self):
        upper = builders.header(backing=builders.VOLUME, backing_format='qcow2')
        with self.replaced(OVERLAY, upper):
            for words, fields in MADE_UP.items():
                if words == 'twice':  # there is one only in a file without a backing file
                    continue
                with self.replaced(builders.VOLUME, builders.header(**fields)):
                    self.assert_refused(words, (exceptions.ImageError, exceptions.Unsupported))

    def test_file_that_is_no_image(self):
        with self.replaced(OVERLAY, b'\0' * 200):
            self.assert_refused('no qcow2 header', exceptions.ImageError)

    def test_header_that_a_guest_writes_into_a_raw_volume_is_its_data(self):
        for fields in MADE_UP.values():
            with self.replaced(builders.VOLUME, builders.header(**fields)):
                found = self.opener.open(self.state).chain
                self.assertEqual((Format.RAW, None), (found.base.format, found.base.backing))
                self.assertEqual(OVERLAY, self.backend.connection(self.state)['name'])


class PlaceTest(HostileCase):
    def test_what_is_no_file_in_the_place_of_an_image(self):
        for name in (OVERLAY, builders.VOLUME):
            for kind in PLANTS:
                with plant(kind, self.layout.path(name)):
                    self.assert_refused('where a regular file should', exceptions.ChainError)

    def test_what_is_no_file_in_the_place_of_record_or_journal(self):
        for name in (self.layout.record, self.layout.journal):
            for kind in PLANTS:
                with plant(kind, self.layout.path(name)):
                    self.assert_refused('where a regular file should', exceptions.RecordError)

    def test_volume_of_which_something_is_no_file_is_not_deleted(self):
        self.remove('a')
        self.started.reset_mock()
        for name in (builders.VOLUME, self.layout.record):
            for kind in PLANTS:
                with plant(kind, self.layout.path(name)):
                    self.assert_refused('where a regular file should', entries=self.deletion())

    def test_link_under_a_temporary_name_is_replaced_and_what_it_leads_to_left_alone(self):
        secret = self.target.folder / 'secret'
        secret.write_bytes(b'secret')
        for name in (self.layout.overlay('b'), self.layout.record, self.layout.journal):
            self.layout.path(self.layout.temporary(name)).symlink_to(secret)
        self.take('b')
        self.assertEqual(b'secret', secret.read_bytes())
        self.assertFalse(any(path.is_symlink() for path in self.layout.folder.iterdir()))
        self.assert_clean(OVERLAY, self.layout.overlay('b'))

    def test_pipe_under_a_temporary_name_is_replaced(self):
        os.mkfifo(self.layout.path(self.layout.temporary(self.layout.overlay('b'))))
        with at_once():
            self.take('b')
        self.assert_clean(OVERLAY, self.layout.overlay('b'))

    def test_folder_under_a_temporary_name_is_in_the_way_and_left_alone(self):
        path = self.layout.path(self.layout.temporary(self.layout.overlay('b')))
        path.mkdir()
        with self.assertRaisesRegex(exceptions.ShareError, f'Could not make {path}'):
            self.take('b')
        self.assertTrue(path.is_dir())

    def test_link_in_the_place_of_a_leftover_is_not_followed(self):
        leftover = self.layout.overlay('b')
        for kind in PLANTS:
            with plant(kind, self.layout.path(leftover)):
                self.assert_refused(
                    'where a regular file should',
                    exceptions.ChainError,
                    {'delete': lambda: self.remove('b')},
                )

    def test_overlay_that_ends_before_its_table_is_not_taken_for_empty(self):
        self.layout.path(self.layout.overlay('b')).write_bytes(builders.header(backing=OVERLAY))
        self.assert_refused(
            'ends before its table', exceptions.ImageError, {'delete': lambda: self.remove('b')}
        )


class RecordTest(HostileCase):
    def test_made_up_record(self):
        for words, content in RECORDS.items():
            with self.written(self.layout.record, content):
                self.assert_refused(
                    words, exceptions.RecordError, {**self.entries(), **self.deletion()}
                )

    def test_record_that_leads_out_of_the_volume(self):
        for name in LEADING_OUT:
            for content in ({'active': name}, {'active': OVERLAY, 'a': name}):
                with self.written(self.layout.record, json.dumps(content).encode()):
                    self.assert_refused(
                        'no file of this volume',
                        exceptions.RecordError,
                        {**self.entries(), **self.deletion()},
                    )

    def test_record_that_has_the_base_for_an_overlay(self):
        content = {'active': OVERLAY, 'a': builders.VOLUME}
        with self.written(self.layout.record, json.dumps(content).encode()):
            self.assert_refused('disagree', exceptions.ChainError)

    def test_made_up_journal(self):
        for words, content in JOURNALS.items():
            with self.written(self.layout.journal, content):
                self.assert_refused(words, exceptions.RecordError)

    def test_journal_as_it_is_written_is_read_back(self):
        for intent in (
            Intent(Operation.CREATE, 'b'),
            Intent(Operation.DELETE, 'a', removes=OVERLAY),
        ):
            with journal.kept(self.layout, intent, self.maker):
                self.assertEqual(intent, journal.load(self.layout))
