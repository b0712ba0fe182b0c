# SPDX-License-Identifier: Apache-2.0
"""The main job: the whole lifecycle passes with our driver, and Cinder's own is the control."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from nova_assist.scenarios import cached_images

_ROOT = pathlib.Path(__file__).parents[2]
_CONTROL = 'cinder.volume.drivers.nfs.NfsDriver'


class LifecycleTest(unittest.TestCase):
    def play(self, *options):
        """Run the lifecycle, and return its exit code and its report."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        command = [sys.executable, '-m', 'nova_assist', 'run', '--report', folder.name, *options]
        ended = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=600)
        sys.stdout.write(ended.stdout)
        report = json.loads(pathlib.Path(folder.name, 'report.json').read_text())
        for name in ('junit.xml', 'report.html'):
            self.assertTrue(pathlib.Path(folder.name, name).exists(), name)
        return ended.returncode, report

    def test_our_driver_passes_every_scenario_of_the_default_run(self):
        code, report = self.play()
        self.assertEqual(0, code)
        self.assertEqual({'pass'}, {each['verdict'] for each in report['scenarios']})
        self.assertEqual(28, report['totals']['pass'])

    def test_our_driver_passes_a_slow_scenario(self):
        # Those of images are played beside the control, see test_hazards.
        code, report = self.play('--scenario', 'backup-qcow2')
        self.assertEqual(0, code)
        self.assertEqual(1, report['totals']['pass'])

    def test_our_driver_passes_with_an_image_cache(self):
        code, report = self.play('--scenario', 'image-cache', *cached_images.WORDS)
        self.assertEqual(0, code)
        self.assertEqual(2, report['totals']['pass'])

    def test_scenario_with_an_image_cache_is_not_run_without_one(self):
        code, report = self.play('--scenario', 'image-cache-raw')
        self.assertEqual(2, code)
        (result,) = report['scenarios']
        self.assertEqual('not_run', result['verdict'])
        self.assertIn('image_volume_cache_max_count=1', result['reason'])

    def test_driver_of_a_vendor_derived_from_ours_passes(self):
        code, report = self.play(
            *('--driver', 'tests.functional.acme.AcmeDriver', '--option', 'acme_transport=rdma'),
            *('--scenario', 'online-chain-qcow2', '--scenario', 'revert-raw'),
        )
        self.assertEqual(0, code)
        self.assertEqual(2, report['totals']['pass'])

    def test_control_passes_where_it_is_sound_and_shows_what_it_ignores_or_refuses(self):
        code, report = self.play(
            *('--driver', _CONTROL, '--scenario', 'clone-from-snapshots-raw'),
            *('--scenario', 'online-chain-qcow2', '--scenario', 'clone-attached-qcow2'),
        )
        self.assertEqual(1, code)
        found = {each['name']: each for each in report['scenarios']}
        self.assertEqual('pass', found['online-chain-qcow2']['verdict'])
        attached = found['clone-attached-qcow2']
        self.assertEqual('fail', attached['verdict'])
        self.assertIn('clone it while the guest writes', attached['reason'])
        self.assertIn('Invalid source volume state', attached['reason'])
        clone = found['clone-from-snapshots-raw']
        self.assertEqual('fail', clone['verdict'])
        self.assertIn('larger volume', clone['reason'])
        faults = [each['fault'] for step in clone['steps'] for each in step['findings']]
        self.assertRegex('\n'.join(faults), 'virtual size of 1073741824 bytes, but volume')
