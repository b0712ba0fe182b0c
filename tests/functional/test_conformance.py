# SPDX-License-Identifier: Apache-2.0
"""``nova-assist conformance`` on real classes and the Cinder that is installed."""

import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

_VENDOR = 'tests.functional.vendor_drivers'


def run(*words, path=''):
    """Run the command, with ``path`` among the folders of modules."""
    paths = os.pathsep.join(filter(None, [path, os.getcwd(), os.environ.get('PYTHONPATH')]))
    return subprocess.run(
        [sys.executable, '-m', 'nova_assist', 'conformance', *words],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, 'PYTHONPATH': paths},
    )


class ConformanceTest(unittest.TestCase):
    def report(self, driver, code):
        ended = run(driver, '-f', 'json')
        self.assertEqual((code, ''), (ended.returncode, ended.stderr))
        return json.loads(ended.stdout)

    def found(self, name, code=1):
        """Return what is found of a class: severity, kind and interface by point."""
        findings = self.report(f'{_VENDOR}.{name}', code)['findings']
        return {
            each['point']: (each['severity'], each['kind'], each['interface']) for each in findings
        }

    def test_our_driver(self):
        report = self.report('driver.nfs.NfsDriver', 0)
        self.assertEqual([], report['findings'])
        self.assertRegex(report['version'], r'^\d+\.')
        self.assertTrue(report['ci_wiki_name'])
        reasons = {each['name']: each['reason'] for each in report['interfaces']}
        self.assertEqual('mandatory', reasons['VolumeDriverCore'])
        self.assertEqual('defines revert_to_snapshot', reasons['VolumeSnapshotRevertDriver'])
        self.assertIsNone(reasons['VolumeGroupDriver'])

    def test_driver_of_a_vendor_derived_from_ours(self):
        self.assertEqual([], self.report('tests.functional.acme.AcmeDriver', 0)['findings'])

    def test_driver_of_the_tree(self):
        report = self.report('cinder.volume.drivers.nfs.NfsDriver', 0)
        self.assertEqual([], report['findings'])
        reasons = {each['name']: each['reason'] for each in report['interfaces']}
        # It has the method, which calls one that its base class leaves to others.
        self.assertIsNone(reasons['VolumeSnapshotRevertDriver'])

    def test_driver_that_has_all(self):
        self.assertEqual({}, self.found('Whole', 0))

    def test_methods_that_refuse(self):
        refused = ('error', 'not-implemented', 'VolumeDriverCore')
        expected = {'create_snapshot': refused, 'delete_snapshot': refused}
        self.assertEqual(expected, self.found('WithoutSnapshots'))

    def test_methods_that_are_missing(self):
        missing = ('error', 'missing', 'VolumeDriverCore')
        expected = {'delete_volume': missing, 'create_snapshot': missing}
        self.assertEqual(expected, self.found('WithoutDeletion'))

    def test_parameters_that_cinder_does_not_know(self):
        wrong = ('error', 'signature', 'VolumeDriverCore')
        expected = {
            'extend_volume': wrong,
            'terminate_connection': wrong,
            'create_volume_from_snapshot': wrong,
            'delete_volume': ('hint', 'signature', 'VolumeDriverCore'),
        }
        self.assertEqual(expected, self.found('WithOtherParameters'))

    def test_mix_ins_that_are_claimed_by_halves(self):
        expected = {
            'manage_existing_get_size': ('error', 'not-implemented', 'VolumeManagementDriver'),
            'clone_image': ('error', 'missing', 'CloneableImageVD'),
        }
        self.assertEqual(expected, self.found('HalfManaging'))

    def test_features_that_are_claimed_by_halves(self):
        groups = ('error', 'not-implemented', 'replication of groups')
        expected = {
            'failover_host': ('error', 'signature', 'replication'),
            'failover_completed': ('error', 'not-implemented', 'replication in a cluster'),
            'enable_replication': groups,
            'disable_replication': groups,
            'failover_replication': groups,
        }
        self.assertEqual(expected, self.found('ReplicatingInCluster'))

    def test_class_that_can_not_be_made(self):
        self.assertEqual({'pool': ('error', 'missing', 'Unfinished')}, self.found('Unfinished'))

    def test_checklist(self):
        point = ('error', 'checklist', 'driver checklist')
        expected = dict.fromkeys(('VERSION', 'SUPPORTED', 'docstring', 'volumedriver'), point)
        self.assertEqual(expected, self.found('OffTheList'))

    def test_table_says_what_was_looked_at_and_what_to_do(self):
        ended = run(f'{_VENDOR}.WithOtherParameters')
        self.assertEqual((1, ''), (ended.returncode, ended.stderr))
        words = ' '.join(ended.stdout.split())
        self.assertIn(f'Cinder {importlib.metadata.version("cinder")} in ', words)
        self.assertIn('looked at VolumeDriverCore: ', words)
        self.assertIn('found extend_volume(volume) of WithOtherParameters: new_size is', words)
        self.assertIn("(volume, connector, **kwargs) in Cinder's base class found", words)
        self.assertIn("unexpected keyword argument 'force'", words)
        self.assertIn('do Give it the parameters', words)
        self.assertIn('3 errors, 1 hint', words)
        self.assertNotIn('\x1b', ended.stdout)

    def test_class_that_can_not_be_loaded(self):
        with tempfile.TemporaryDirectory() as folder:
            module = pathlib.Path(folder, 'broken_vendor.py')
            module.write_text('import no_such_library\n\nclass Driver: ...\n')
            for driver, told in {
                'broken_vendor.Driver': "No module named 'no_such_library'",
                f'{_VENDOR}.Absent': "no attribute 'Absent'",
                f'{_VENDOR}.driver': 'is no class but module',
            }.items():
                with self.subTest(driver):
                    ended = run(driver, path=folder)
                    self.assertEqual((2, ''), (ended.returncode, ended.stdout))
                    self.assertEqual(1, ended.stderr.count('\n'))
                    self.assertIn(repr(driver), ended.stderr)
                    self.assertIn(told, ended.stderr)

    def test_host_without_cinder(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, 'cinder.py').write_text('raise ImportError("no Cinder here")\n')
            ended = run(f'{_VENDOR}.Whole', path=folder)
        self.assertEqual((2, ''), (ended.returncode, ended.stdout))
        self.assertIn('no Cinder here', ended.stderr)
        self.assertIn("pip install 'cinder==", ended.stderr)
