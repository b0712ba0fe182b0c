# SPDX-License-Identifier: Apache-2.0
"""Any bytes, and valid files with bytes changed: the parsers return what they promise or refuse.

``tests/fuzz/`` has a coverage-guided fuzzer drive the same properties.
"""

import json
import pathlib
import subprocess
import tempfile
import unittest

import hypothesis
from hypothesis import strategies

from driver import exceptions, journal, qcow2, records
from driver.layout import Format, is_snapshot_id
from tests.unit.driver import builders

LAYOUT = builders.layout()
_OVERLAY = LAYOUT.overlay('a')

_HEADERS = [
    builders.header(),
    builders.header(version=2, backing=builders.VOLUME),
    builders.header(backing=_OVERLAY, backing_format='qcow2'),
    builders.header(cluster_bits=9, size=1 << 20, extensions=builders.extension(7, b'x' * 9)),
    builders.header(incompatible=16, cluster_bits=16, l1_entries=4),
]
_RECORDS = [
    json.dumps({'active': builders.VOLUME}).encode(),
    json.dumps({'active': _OVERLAY, 'a': _OVERLAY, 'b-0': LAYOUT.overlay('b-0')}).encode(),
]
_JOURNALS = [
    json.dumps({'operation': 'create', 'snapshot': 'a', 'removes': None}).encode(),
    json.dumps({'operation': 'delete', 'snapshot': 'a', 'removes': _OVERLAY}).encode(),
]

#: Numbers at which parsers err.
_NUMBERS = strategies.sampled_from(
    [0, 1, 7, 8, 9, 71, 72, 103, 104, 1023, 1024, (1 << 31) - 1, 1 << 31, (1 << 32) - 1]
) | strategies.integers(0, (1 << 32) - 1)


@strategies.composite
def changed(draw, valid):
    """Return a valid file with some bytes replaced, a number put in, cut off or appended."""
    data = bytearray(draw(strategies.sampled_from(valid)))
    for _ in range(draw(strategies.integers(0, 3))):
        place = draw(strategies.integers(0, len(data)))
        kind = draw(strategies.sampled_from(['bytes', 'number', 'cut', 'insert']))
        if kind == 'number':
            place -= place % 4
            data[place : place + 4] = draw(_NUMBERS).to_bytes(4, 'big')
        elif kind == 'cut':
            del data[place:]
        else:
            put = draw(strategies.binary(max_size=12))
            data[place : place + (len(put) if kind == 'bytes' else 0)] = put
    return bytes(data)


#: Values of JSON, among them what a record or journal may hold and what it may not.
_NAMES = strategies.sampled_from([builders.VOLUME, _OVERLAY, LAYOUT.record, '../x', 'a', 'delete'])
_JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.text() | _NAMES,
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(strategies.text() | _NAMES, inner, max_size=3)
    ),
    max_leaves=6,
)


def _objects(*keys):
    """Return strategies for JSON objects with these keys and others."""
    fixed = strategies.fixed_dictionaries(dict.fromkeys(keys, _JSON))
    more = strategies.dictionaries(strategies.text() | strategies.just('a'), _JSON, max_size=3)
    return strategies.tuples(more, fixed).map(lambda both: json.dumps(both[0] | both[1]).encode())


HEADERS = strategies.binary(max_size=400) | changed(_HEADERS)
RECORDS = strategies.binary(max_size=400) | changed(_RECORDS) | _objects('active')
JOURNALS = (
    strategies.binary(max_size=400)
    | changed(_JOURNALS)
    | _objects('operation', 'snapshot', 'removes')
)


def check_header(data, parse=qcow2.parse):
    """See that bytes are refused by name, or a header within its bounds; returns it."""
    found = _parsed(exceptions.ImageError, 'x ', lambda: parse(data, 'x'))
    if found is not None:
        assert 0 <= found.virtual_size < 1 << 64
        assert 0 <= found.l1_entries * 8 <= 32 << 20
        assert found.l1_offset + found.l1_entries * 8 < 1 << 63 or not found.l1_entries
        assert found.backing_file is None or 0 < len(found.backing_file) <= 1023
        assert found.backing_format is None or len(found.backing_format) <= 15
    return found


def check_record(data, parse=records.parse):
    """See that bytes are refused, or a record that names files of the volume only."""
    found = _parsed(exceptions.RecordError, LAYOUT.record, lambda: parse(data, LAYOUT))
    if found is not None:
        assert LAYOUT.owns(found.active)
        assert all(is_snapshot_id(key) for key in found.overlays)
        assert all(LAYOUT.owns(file) for file in found.overlays.values())


def check_journal(data, parse=journal.parse):
    """See that bytes are refused, or an intent that names files of the volume only."""
    found = _parsed(exceptions.RecordError, LAYOUT.journal, lambda: parse(data, LAYOUT))
    if found is not None:
        assert isinstance(found.operation, journal.Operation)
        assert LAYOUT.owns(LAYOUT.overlay(found.snapshot_id))
        assert found.removes is None or LAYOUT.owns(found.removes)


def _parsed(error, word, parse):
    """Return what a parser returns, None if it refuses with a message of some length."""
    said = ''
    try:
        return parse()
    except error as refusal:
        said = str(refusal)
    assert word in said, said
    assert len(said) < 2000, said[:2000]
    return None


@hypothesis.given(HEADERS)
def fuzz_header(data):
    check_header(data)


@hypothesis.given(RECORDS)
def fuzz_record(data):
    check_record(data)


@hypothesis.given(JOURNALS)
def fuzz_journal(data):
    check_journal(data)


#: The properties, for a coverage-guided fuzzer: by name, with and without hypothesis in between.
TARGETS = {
    'header': (fuzz_header, check_header),
    'record': (fuzz_record, check_record),
    'journal': (fuzz_journal, check_journal),
}


class FuzzTest(unittest.TestCase):
    def test_any_header(self):
        fuzz_header()

    def test_any_record(self):
        fuzz_record()

    def test_any_journal(self):
        fuzz_journal()

    def test_parsers_that_let_bad_values_through_would_be_found(self):
        bad = {
            check_header: lambda data, name: qcow2.Header(1, 'x' * 1024, None, False, 0, 0),
            check_record: lambda data, layout: records.Record('../x', {}),
            check_journal: lambda data, layout: journal.Intent(journal.Operation.CREATE, '../x'),
        }
        for check, parse in bad.items():
            with self.subTest(check.__name__), self.assertRaises(AssertionError):
                check(b'', parse)

    def test_parser_that_crashes_would_be_found(self):
        for check in (check_header, check_record, check_journal):
            with self.subTest(check.__name__), self.assertRaises(ZeroDivisionError):
                check(b'', lambda data, place: 1 // 0)

    def test_files_that_are_as_large_as_can_be_take_no_time(self):
        large = 1 << 20
        for target in (check_record, check_journal, check_header):
            for start in (b'', b'[', b'{"active": ', b'"', b'1', b'\\', qcow2.MAGIC):
                data = (start * large)[:large]
                with self.subTest(target.__name__, start=start):
                    target(data)


class QemuTest(unittest.TestCase):
    """What passes the gate is to QEMU what it is to us."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, 'x')

    @hypothesis.settings(
        max_examples=60, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(changed(_HEADERS))
    def test_accepted_header_is_the_same_to_qemu_or_refused_by_it(self, data):
        found = check_header(data)
        if found is None:  # not for qemu-img, which might follow it
            return
        self.path.write_bytes(data.ljust(qcow2.HEADER_BYTES * 8, b'\0'))
        command = ['qemu-img', 'info', '-U', '-f', Format.QCOW2.value, '--output=json', self.path]
        ended = subprocess.run(command, capture_output=True)
        if ended.returncode:
            return
        seen = json.loads(ended.stdout)
        self.assertEqual(found.virtual_size, seen['virtual-size'])
        self.assertEqual(found.backing_file, seen.get('backing-filename'))
        self.assertEqual(found.backing_format, seen.get('backing-filename-format'))
        self.assertEqual(found.encrypted, seen.get('encrypted', False))
        self.assertNotIn('data-file', seen['format-specific']['data'])
