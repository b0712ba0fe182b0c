# SPDX-License-Identifier: Apache-2.0
"""What Zuul reads of this project: nothing is wrong with it, and what is wrong is found."""

import textwrap
import unittest

import yaml

from tests.tempest.selection import Selection
from tests.zuul import rules
from tests.zuul.configuration import HERE, ROOT, Configuration, load

_SERIES = ('2025.1', '2025.2', '2026.1', '2026.2')
_TESTS = ('py3', 'functional', 'lint', 'devstack', 'docs')


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        self.found = Configuration.read()

    def test_nothing_is_wrong(self):
        self.assertEqual([], rules.findings(self.found))

    def test_each_supported_series_has_a_job(self):
        checkouts = {job.get('override-checkout') for job in self.found.jobs.values()}
        self.assertEqual({None, *(f'stable/{series}' for series in _SERIES)}, checkouts)

    def test_jobs_run_the_tests_that_are_selected(self):
        wanted = set(Selection.load().wanted(None))
        for name in ('nova-assist-secure', 'nova-assist-control', 'nova-assist-secure-2025-1'):
            given = self.found.variables(name)['tempest_test_regex']
            self.assertEqual(wanted, set(given.split('|')), name)

    def test_environments_of_tox_are_run(self):
        given = self.found.variables('nova-assist-tests')['nova_assist_environments']
        self.assertEqual(set(_TESTS), set(given.split()))

    def test_child_has_the_variables_of_its_ancestors_and_its_own(self):
        given = self.found.variables('nova-assist-qcow2')
        self.assertEqual({'NFS_QCOW2_VOLUMES': True}, given['devstack_localrc'])
        self.assertIn('nova-assist', given['devstack_plugins'])


class BrokenTest(unittest.TestCase):
    """Each case of broken.yaml is found, by exactly one finding."""

    def test_each_broken_configuration(self):
        cases = load((HERE / 'broken.yaml').read_text())
        for situation, case in cases.items():
            with self.subTest(situation=situation):
                found = rules.findings(Configuration(case['items']))
                self.assertEqual([case['found']], found)

    def test_key_that_is_there_twice(self):
        with self.assertRaisesRegex(yaml.YAMLError, r"there twice: \['timeout'\]"):
            load('- job:\n    name: one\n    timeout: 1\n    timeout: 2\n')

    def test_playbook_with_a_role_of_nobody(self):
        root = HERE / 'broken'
        job = {'name': 'one', 'parent': 'base', 'abstract': True, 'run': 'playbooks/run.yaml'}
        (finding,) = rules.findings(Configuration([{'job': job}], root))
        self.assertIn('playbook run.yaml: role orchestrate-devstak is known neither', finding)


class DocumentationTest(unittest.TestCase):
    def test_job_of_a_vendor_that_is_shown_is_one(self):
        text = (ROOT / 'doc/source/contributor/zuul.rst').read_text()
        shown = text.partition('.. code-block:: yaml\n')[2].partition('\n``required-projects``')[0]
        found = Configuration(load(textwrap.dedent(shown)))
        self.assertEqual([], list(rules.schema(found)))
        (job,) = found.jobs.values()
        vendor = Configuration.read().jobs[job['parent']]
        self.assertEqual(
            vendor['vars']['devstack_localrc'].keys(), job['vars']['devstack_localrc'].keys()
        )
