# SPDX-License-Identifier: Apache-2.0
"""``nova-assist ci`` from outside: real results of stestr, a real run, and the built package."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

from tests.unit.nova_assist.ci import samples

_ROOT = pathlib.Path(__file__).parents[2]
_DRIVER = 'driver.nfs.NfsDriver'
_CHANGE = ('--project', 'openstack/cinder', '--change', '657856', '--patchset', '2')

#: Tests under names that the rules know; they pass, fail, skip, and skip as a class.
_TESTS = {
    'tempest/api/volume/test_volumes_get.py': """
class VolumesGetTest(unittest.TestCase):
    def test_get(self):
        pass
""",
    'cinder_tempest_plugin/scenario/test_snapshots.py': """
class SnapshotTest(unittest.TestCase):
    def test_data(self):
        password = 't0psecret'
        self.assertEqual({'password': 'other'}, {'password': password})

    @unittest.skip('Encrypted volume attach is not supported')
    def test_encrypted(self):
        pass

    @unittest.skip('for no reason that is listed')
    def test_strange(self):
        pass
""",
    'cinder_tempest_plugin/scenario/test_volume_multiattach.py': """
class VolumeMultiattachTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest('Volume multi-attach is not available.')

    def test_a(self):
        pass
""",
}


def command(*words, cwd=None):
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get('PYTHONPATH')]))
    return subprocess.run(
        [sys.executable, '-m', *words],
        capture_output=True,
        timeout=600,
        cwd=cwd,
        env={**os.environ, 'PYTHONPATH': path},
    )


def ci(*words):
    return command('nova_assist', 'ci', *words)


class RealFilesTest(unittest.TestCase):
    """A page of what stestr, nova-assist run and nova-assist conformance have really written."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        cls.logs = cls.root / 'logs'
        cls.logs.mkdir()
        samples.fill(cls.logs)
        conf = samples.CINDER_CONF.replace(samples.DRIVER, _DRIVER)
        (cls.logs / 'cinder.conf').write_text(conf)
        cls.collect_results()
        told = command('nova_assist', 'conformance', _DRIVER, '-f', 'json')
        (cls.logs / 'conformance.json').write_bytes(told.stdout)
        cls.played = command(
            *('nova_assist', 'run', '--driver', _DRIVER, '--scenario', 'offline-chain-raw'),
            *('--report', str(cls.logs / 'run')),
        )
        cls.ended = ci(
            *('page', '--logs', str(cls.logs), '--output', str(cls.root / 'page')),
            *(*_CHANGE, '-f', 'json'),
        )
        cls.text = (cls.root / 'page/index.html').read_text()
        cls.told = json.loads(cls.ended.stdout)

    @classmethod
    def collect_results(cls):
        """Have stestr run some tests, and write what it writes in a CI."""
        project = cls.root / 'project'
        for name, text in _TESTS.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(f'import unittest\n{text}')
            for parent in (project / name).relative_to(project).parents[:-1]:
                (project / parent / '__init__.py').touch()
        (project / '.stestr.conf').write_text('[DEFAULT]\ntest_path=.\n')
        environment = {**os.environ, 'PYTHONPATH': str(project)}
        stestr = str(pathlib.Path(sys.executable).with_name('stestr'))
        # As "tempest init" does; without it there is nothing to list tests from.
        subprocess.run([stestr, 'init'], cwd=project, timeout=120, check=True)
        for name, words in {
            'tests.txt': ('list',),
            'console.log': ('run',),
            'tempest.subunit': ('last', '--subunit'),
        }.items():
            with (cls.logs / name).open('wb') as file:
                subprocess.run(
                    [stestr, *words], cwd=project, stdout=file, timeout=120, env=environment
                )

    def test_run_was_a_real_one(self):
        self.assertEqual(0, self.played.returncode, self.played.stderr)
        self.assertIn('1 passed, 0 failed', self.text)
        run = (self.root / 'page/nova-assist-run-1.html').read_text()
        self.assertIn('offline-chain-raw', run)

    def test_verdict_and_totals(self):
        self.assertEqual((1, b''), (self.ended.returncode, self.ended.stderr))
        self.assertEqual('FAILED', self.told['verdict'])
        self.assertEqual({'passed': 1, 'failed': 1, 'skipped': 3}, self.told['totals'])
        self.assertEqual(
            {'project': 'openstack/cinder', 'number': 657856, 'patchset': 2}, self.told['change']
        )

    def test_one_thing_is_missing(self):
        missing = [each for each in self.told['rules'] if each['state'] == 'MISSING']
        self.assertEqual(1, self.told['missing'], missing)
        self.assertIn('SnapshotTest.test_strange', missing[0]['told'])

    def test_version_is_that_of_the_class(self):
        self.assertEqual(_DRIVER, self.told['driver'])
        self.assertTrue(self.told['version'] and self.told['ci_wiki_name'])

    def test_trace_is_there_and_the_secret_is_not(self):
        self.assertIn('in test_data', self.text)
        for file in (self.root / 'page').rglob('*'):
            if file.is_file():
                self.assertNotIn('t0psecret', file.read_text(), file)

    def test_skips_have_their_reasons(self):
        for words in ('has no key manager', 'volumes of NFS drivers are for one server'):
            self.assertIn(words, self.text)


class CommandsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def page(self, *words):
        return ci('page', '--logs', str(self.root), '--output', str(self.root / 'page'), *words)

    def test_whole_folder_is_a_success(self):
        samples.fill(self.root)
        ended = self.page(*_CHANGE)
        self.assertEqual((0, b''), (ended.returncode, ended.stderr))
        self.assertIn(b'PASSED: 2 passed, 0 failed, 1 skipped; 0 missing\n', ended.stdout)

    def test_what_is_missing_is_no_success(self):
        samples.fill(self.root)
        (self.root / 'console.log').unlink()
        ended = self.page(*_CHANGE)
        self.assertEqual((1, b''), (ended.returncode, ended.stderr))
        self.assertIn(b'MISSING               console of tempest', ended.stdout)

    def test_damaged_file_is_one_clear_line_and_no_page(self):
        for name, told in (
            ('tempest.subunit', b'no stream of subunit'),
            ('report.json', b'is not valid JSON'),
            ('conformance.json', b'nova-assist conformance CLASS'),
        ):
            with self.subTest(name):
                samples.fill(self.root)
                (self.root / name).write_bytes(b'garbage')
                ended = self.page()
                self.assertEqual((2, b''), (ended.returncode, ended.stdout))
                self.assertRegex(ended.stderr, rb'^nova-assist: .*\n$')
                self.assertIn(told, ended.stderr)
                self.assertFalse((self.root / 'page/index.html').exists())
                (self.root / name).unlink()

    def test_change_of_the_environment(self):
        samples.fill(self.root)
        variables = {
            'GERRIT_PROJECT': 'openstack/os-brick',
            'GERRIT_CHANGE_NUMBER': '7',
            'GERRIT_PATCHSET_NUMBER': '3',
        }
        with unittest.mock.patch.dict(os.environ, variables):
            ended = self.page('-f', 'json')
        self.assertEqual(7, json.loads(ended.stdout)['change']['number'])

    def test_build_has_the_sample_and_the_list(self):
        built = self.root / 'built'
        setup = ('-q', 'egg_info', '--egg-base', str(self.root), 'build', '-b', str(built))
        ended = subprocess.run(
            [sys.executable, '-c', 'from setuptools import setup; setup()', *setup],
            cwd=_ROOT,
            capture_output=True,
            text=True,
        )
        self.assertEqual(0, ended.returncode, ended.stderr)
        for name, source in (
            ('vendor.conf', 'devstack/samples/vendor.conf'),
            ('skips.yaml', 'nova_assist/ci/skips.yaml'),
        ):
            file = built / 'lib/nova_assist/ci' / name
            self.assertFalse(file.is_symlink())
            self.assertEqual((_ROOT / source).read_text(), file.read_text())
