# SPDX-License-Identifier: Apache-2.0
"""A driver that is broken on purpose fails the run, with a message that names the fault."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from nova_assist.scenarios import cached_images

_ROOT = pathlib.Path(__file__).parents[2]


class BrokenDriverTest(unittest.TestCase):
    def run_with(self, driver, scenario, *options):
        """Run one scenario and return its result from the report."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        command = [sys.executable, '-m', 'nova_assist', 'run', '--scenario', scenario]
        named = ['--driver', f'tests.functional.broken_drivers.{driver}']
        ended = subprocess.run(
            [*command, *named, *options, '--report', folder.name],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.assertEqual(1, ended.returncode, ended.stdout + ended.stderr)
        report = json.loads(pathlib.Path(folder.name, 'report.json').read_text())
        return report['scenarios'][0]

    def assert_found(self, driver, scenario, judge, words, *options):
        result = self.run_with(driver, scenario, *options)
        self.assertEqual('fail', result['verdict'], result)
        findings = [finding for step in result['steps'] for finding in step['findings']]
        faults = [finding['fault'] for finding in findings if finding['judge'] == judge]
        self.assertRegex('\n'.join(faults), words, findings)

    def assert_found_on_two_shares(self, driver, judge, words):
        self.assert_found(driver, 'several-shares-raw', judge, words, '--shares', '2')

    def test_share_that_gets_no_volume(self):
        self.assert_found_on_two_shares('FillsOneShare', 'placing', 'none is on ')

    def test_promises_that_are_not_reported(self):
        self.assert_found_on_two_shares('PromisesNothing', 'placing', 'knowing the shares. room')

    def test_snapshot_s_file_on_another_share(self):
        self.assert_found_on_two_shares(
            'KeepsSnapshotsApart', 'orphans', 'is left on the share: no volume'
        )

    def test_commit_that_is_skipped(self):
        self.assert_found(
            'SkipsCommit', 'offline-chain-raw', 'data', 'expected write [0-9]+, found write'
        )

    def test_wrong_file_that_is_deleted(self):
        self.assert_found('DeletesWrongFile', 'offline-chain-raw', 'chain', 'a file is missing')

    def test_record_that_is_forgotten(self):
        self.assert_found(
            'ForgetsRecord', 'offline-chain-raw', 'chain', "the record doesn't have it"
        )

    def test_overlay_that_is_opened_as_raw(self):
        self.assert_found('OpensAsRaw', 'mixed-raw', 'chain', 'as raw, but it is qcow2')

    def test_managed_file_that_is_taken_for_raw(self):
        self.assert_found('ManagesAsRaw', 'manage-qcow2', 'api', 'another size than it had')

    def test_files_that_others_can_not_write(self):
        self.assert_found(
            'Makes0644Files', 'offline-chain-raw', 'access', 'is mode 0644, expected 0666'
        )

    def test_overlay_that_is_left_behind(self):
        self.assert_found('LeavesOverlays', 'offline-chain-raw', 'orphans', 'is left on the share')

    def test_clone_that_lacks_what_was_written_last(self):
        self.assert_found(
            'CopiesBaseOnly', 'clone-raw', 'data', 'clone2.*expected write [0-9]+, found'
        )
        self.assert_found(
            'CopiesBaseOnly', 'clone-attached-raw', 'data', 'clone2.* older than its request'
        )

    def test_temporary_snapshot_that_is_left_behind(self):
        self.assert_found(
            'KeepsTemporarySnapshot', 'clone-attached-raw', 'api', 'v1 has left snapshots of it'
        )

    def test_extension_that_is_declared_and_refused(self):
        self.assert_found(
            'RefusesToExtend', 'extend-attached-raw', 'api', 'v1 .* ended error_extending'
        )

    def test_encrypted_volume_that_is_not_encrypted(self):
        self.assert_found(
            'EncryptsNothing', 'encrypted-qcow2', 'sealed', 'does not begin with a LUKS header'
        )

    def test_snapshot_that_has_a_guest_write_in_the_clear(self):
        self.assert_found(
            'SnapshotsEncrypted', 'encrypted-raw', 'sealed', r'volume-\S+ of .* in the clear'
        )

    def test_clone_that_shares_its_file_with_the_image_cache(self):
        self.assert_found(
            'LinksCopies',
            'image-cache-raw',
            'data',
            "cached-image .* doesn't hold",
            *cached_images.WORDS,
        )

    def test_revert_that_changes_nothing(self):
        self.assert_found('RevertsNothing', 'revert-raw', 'data', 'v1.*found write')

    def test_volume_that_is_moved_without_its_data(self):
        self.assert_found('MovesNoData', 'retype-raw', 'data', 'v1.*expected write [0-9]+, found')

    def test_volume_that_is_moved_and_left_behind(self):
        for image_format in ('raw', 'qcow2'):
            with self.subTest(image_format):
                self.assert_found(
                    'KeepsWhatItMoved', f'retype-{image_format}', 'orphans', 'is left on the share'
                )

    def test_volume_that_is_moved_in_its_old_format(self):
        self.assert_found('MovesInOldFormat', 'retype-raw', 'chain', 'not in qcow2 format')

    def test_damaged_record_that_is_emptied(self):
        self.assert_found(
            'ClearsDamagedRecord', 'damaged-record-raw', 'chain', r'volume-\S+\.info was changed'
        )

    def test_vanished_file_that_is_made_again_without_its_data(self):
        self.assert_found(
            'MakesVanishedFile', 'damaged-record-raw', 'chain', r': volume-[^. ]+\.\S+ was made'
        )
