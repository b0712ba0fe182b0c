# SPDX-License-Identifier: Apache-2.0
"""An operator checks and mends a share with root squashed, and a guest of another host is seen."""

import json
import pathlib
import subprocess
import sys
import unittest

from nova_assist.accounts import Account
from tests.lab import nfs
from tests.lab.hosts import VERSIONS, opened_by_qemu, two_hosts

VOLUME = 'volume-1a'
OVERLAY = f'{VOLUME}.s1'
RECORD = f'{VOLUME}.info'


def as_cinder(*command):
    arguments = Account.named('cinder').process_arguments()
    subprocess.run([*map(str, command)], check=True, capture_output=True, **arguments)


def make_volume(folder, backing):
    """Make a volume with a snapshot, whose overlay names the base as given; empty its record."""
    base, overlay = folder / VOLUME, folder / OVERLAY
    as_cinder('truncate', '-s', '1M', base)
    as_cinder('qemu-img', 'create', '-u', '-f', 'qcow2', '-b', backing, '-F', 'raw', overlay, '1M')
    as_cinder('qemu-io', '-f', 'qcow2', '-c', 'write -P 7 0 64k', overlay)
    as_cinder('touch', folder / RECORD)
    as_cinder('chmod', '660', base, overlay, folder / RECORD)


@nfs.needs_lab
class CheckTest(unittest.TestCase):
    def call(self, *words):
        return subprocess.run(
            [sys.executable, '-m', 'nova_assist', *map(str, words), '-f', 'json'],
            capture_output=True,
            text=True,
            timeout=120,
        )

    def run_it(self, *words):
        """Return the exit code and what was found."""
        ended = self.call(*words)
        self.assertIn(ended.returncode, (0, 1), ended.stderr)
        return ended.returncode, json.loads(ended.stdout)

    def test_root_that_is_squashed_is_told_that_it_can_not_look(self):
        with nfs.mounted(nfs.SQUASH) as share:
            make_volume(share, VOLUME)
            for words in ((), ('--repair',)):
                ended = self.call('check', share, *words)
                self.assertEqual((2, ''), (ended.returncode, ended.stdout))
                self.assertIn('cannot look as account root: ', ended.stderr)
                self.assertIn('here probably cinder, with --account NAME', ended.stderr)
        self.remove_all()

    def check(self, share, *words):
        return self.run_it('check', share, '--account', 'cinder', *words)

    def test_share_is_mended_without_root_and_not_under_a_guest(self):
        for ours, theirs in VERSIONS:
            with (
                self.subTest(ours),
                two_hosts(ours, theirs) as (here, there),
            ):
                make_volume(here, here / VOLUME)
                as_cinder('chmod', '664', here / OVERLAY)
                code, found = self.check(here)
                kinds = {finding['kind'] for finding in found['findings']}
                wrong = {'backing-path', 'unreadable-record', 'wrong-access'}
                self.assertEqual((1, wrong), (code, kinds))
                code, found = self.check(here, '--repair')
                self.assertEqual((0, []), (code, found['findings']), found)
                self.assertEqual(3, sum(each['done'] for each in found['repairs']))
                self.assertEqual((0, False), self.chain(here))
                as_cinder('truncate', '-s', '0', here / RECORD)
                with opened_by_qemu(there / OVERLAY, 'qcow2'):
                    code, found = self.check(here, '--repair')
                    self.assertEqual(1, code)
                    self.assertIn('is open in a QEMU process', found['repairs'][0]['what'])
                    self.assertEqual((1, True), self.chain(here))
                self.assertEqual(0, self.check(here, '--repair')[0])
            self.remove_all()

    def chain(self, share):
        """Return the exit code, and whether the file on top is told to be written."""
        words = ('--share', share, '--account', 'cinder')
        code, found = self.run_it('chain', VOLUME, *words)
        return code, found['chains'][0][0]['open']['writing']

    def remove_all(self):
        for path in pathlib.Path(nfs.SQUASH).iterdir():
            path.unlink()
