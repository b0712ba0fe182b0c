# SPDX-License-Identifier: Apache-2.0
import json
import os
import pathlib
import tempfile
import unittest

from tests.unit.driver import builders
from tests.unit.nova_assist.cli.fakes import call

VOLUME = 'volume-11111111-2222-3333-4444-555555555555'
UPPER = f'{VOLUME}.s1'


class ChainTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.make(VOLUME, b'')
        os.truncate(self.folder / VOLUME, builders.GIB)
        self.make(UPPER, builders.header(backing=VOLUME, l1_entries=2))
        record = {'active': UPPER, 's1': UPPER}
        self.make(f'{VOLUME}.info', json.dumps(record).encode())

    def make(self, name, data):
        (self.folder / name).write_bytes(data)
        (self.folder / name).chmod(0o660)

    def show(self, volume, *words):
        return call('chain', volume, '--share', str(self.folder), *words)

    def test_chain_from_the_active_file_down(self):
        outcome = self.show(VOLUME)
        self.assertEqual((0, ''), (outcome.code, outcome.stderr))
        lines = outcome.stdout.splitlines()
        self.assertEqual([f'* {UPPER}', f'* {VOLUME}'], [x for x in lines if x[:1] == '*'])
        words = ' '.join(outcome.stdout.split())
        self.assertIn('record: 1 snapshot', words)
        self.assertIn('qcow2, 1 GiB, ', words)
        self.assertIn('; active; not open', words)
        self.assertIn('raw, 1 GiB, 0 bytes allocated; data of snapshot s1; not open', words)

    def test_volume_by_id_by_file_and_by_path(self):
        whole = self.show(VOLUME).stdout
        for word in (VOLUME.removeprefix('volume-'), UPPER, f'{VOLUME}.info'):
            self.assertEqual(whole, self.show(word).stdout)
        self.assertEqual(whole, call('chain', str(self.folder / UPPER)).stdout)

    def test_chain_for_programs(self):
        found = json.loads(self.show(VOLUME, '-f', 'json').stdout)
        self.assertEqual((VOLUME, False, ''), (found['volume'], found['damaged'], ''))
        upper, base = found['chains'][0]
        self.assertEqual((UPPER, True, 'qcow2'), (upper['file'], upper['active'], upper['format']))
        self.assertEqual((['s1'], builders.GIB), (base['snapshots'], base['virtual_size']))
        self.assertEqual({'reading': False, 'writing': False}, base['open'])

    def test_chain_is_shown_as_far_as_it_goes(self):
        (self.folder / VOLUME).unlink()
        outcome = self.show(VOLUME)
        self.assertEqual(1, outcome.code)
        self.assertIn(f'* {VOLUME}\n    missing\n', outcome.stdout)
        self.assertIn('"nova-assist check', outcome.stdout)

    def test_backing_file_outside_is_named_and_not_followed(self):
        self.make(UPPER, builders.header(backing='/etc/passwd', l1_entries=2))
        outcome = self.show(VOLUME)
        self.assertIn('* /etc/passwd\n    no file of this volume\n', outcome.stdout)
        self.assertIn(f'\n\n* {VOLUME}\n', outcome.stdout)

    def test_chain_that_leads_back_comes_to_an_end(self):
        self.make(UPPER, builders.header(backing=UPPER, backing_format='qcow2', l1_entries=2))
        self.assertIn(f'* {UPPER}\n    told above\n', self.show(VOLUME).stdout)

    def test_unreadable_record_does_not_hide_the_chain(self):
        self.make(f'{VOLUME}.info', b'')
        outcome = self.show(VOLUME)
        self.assertEqual(1, outcome.code)
        self.assertIn(f'* {UPPER}\n', outcome.stdout)

    def test_missing_record_is_told_with_the_overlays_that_should_be_in_it(self):
        (self.folder / f'{VOLUME}.info').unlink()
        outcome = self.show(VOLUME)
        self.assertEqual(1, outcome.code)
        words = ' '.join(outcome.stdout.split())
        self.assertIn(f'{VOLUME}.info is gone, though there are overlays: {UPPER}.', words)
        self.assertIn(f'"nova-assist check {self.folder}" tells more', words)
        self.assertNotIn('no snapshots', words)
        found = json.loads(self.show(VOLUME, '-f', 'json').stdout)
        self.assertIn('is gone', found['record_fault'])

    def test_volume_without_record_and_overlays_has_no_snapshots(self):
        (self.folder / f'{VOLUME}.info').unlink()
        (self.folder / UPPER).unlink()
        outcome = self.show(VOLUME)
        self.assertEqual(0, outcome.code)
        self.assertIn('no record, so no snapshots', outcome.stdout)

    def test_record_that_is_no_file(self):
        (self.folder / f'{VOLUME}.info').unlink()
        (self.folder / f'{VOLUME}.info').mkdir()
        words = ' '.join(self.show(VOLUME).stdout.split())
        self.assertIn(f'{VOLUME}.info can not be read. It is a folder.', words)

    def test_volume_that_is_not_there(self):
        outcome = self.show('66666666-2222-3333-4444-555555555555')
        self.assertEqual(2, outcome.code)
        self.assertIn(f'looked in {self.folder}', outcome.stderr)
