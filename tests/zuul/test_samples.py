# SPDX-License-Identifier: Apache-2.0
"""The jobs set for devstack what the samples set, whose phases the tests of the plugin play."""

import re
import unittest

from tests.devstack import host
from tests.zuul.configuration import UPSTREAM, Configuration

#: The job of each sample, and the group of hosts that it is for, if not for all.
_JOBS = {
    'secure': ('nova-assist-secure', None),
    'insecure': ('nova-assist-insecure', None),
    'qcow2': ('nova-assist-qcow2', None),
    'control': ('nova-assist-control', None),
    'vendor': ('nova-assist-vendor', None),
    'controller': ('nova-assist-multinode', None),
    'compute': ('nova-assist-multinode', 'subnode'),
}

#: What names the hosts, which Zuul chooses.
_ADDRESSES = {'NFS_EXPORT_CLIENTS'}


def settings_of_sample(localrc):
    """Return what a sample sets, less what the jobs have from their parents."""
    given = dict(re.findall(r'^(\w+)="?(.*?)"?$', localrc, re.MULTILINE))
    return comparable({k: v for k, v in given.items() if k not in UPSTREAM['set_by_parents']})


def settings_of_job(variables):
    """Return what a job sets, in the form that devstack gets it in."""
    given = dict(variables.get('devstack_localrc', {}))
    if 'tempest_plugins' in variables:
        given['TEMPEST_PLUGINS'] = ' '.join(
            f'/opt/stack/{name}' for name in variables['tempest_plugins']
        )
    return comparable(given)


def comparable(given):
    """Return settings without differences that make none."""
    return {k: 'addresses' if k in _ADDRESSES else str(v).strip() for k, v in given.items()}


class SamplesTest(unittest.TestCase):
    def setUp(self):
        self.found = Configuration.read()

    def test_each_sample_has_a_job(self):
        self.assertEqual(host.samples(), sorted(_JOBS))

    def test_job_sets_what_its_sample_sets(self):
        for sample, (job, group) in _JOBS.items():
            with self.subTest(sample=sample, job=job):
                self.assertEqual(
                    settings_of_sample(host.localrc(sample)),
                    settings_of_job(self.found.variables(job, group)),
                )

    def test_job_has_the_plugin_from_where_the_sample_has_it(self):
        for sample, (job, _) in _JOBS.items():
            with self.subTest(sample=sample, job=job):
                localrc = host.localrc(sample)
                enabled = dict(re.findall(r'^enable_plugin (\S+) (\S+)$', localrc, re.M))
                # No plugin of devstack's: enabling it makes devstack clone it, as Zuul does here.
                enabled.pop('cinder-tempest-plugin', None)
                self.assertEqual(enabled, self.found.variables(job)['devstack_plugins'])

    def test_services_that_a_job_switches_off_are_off_in_its_sample(self):
        for sample, (job, group) in _JOBS.items():
            enabled = re.findall(r'^enable_service (.*)$', host.localrc(sample), re.M)
            given = self.found.variables(job, group).get('devstack_services', {})
            for service, on in given.items():
                self.assertIs(on, service in ' '.join(enabled).split(), (job, service))

    def test_vendor_has_three_settings_to_change(self):
        self.assertEqual(
            {'NFS_DRIVER', 'NFS_EXPORT_HOST', 'NFS_EXPORT_DIR'},
            set(self.found.variables('nova-assist-vendor')['devstack_localrc']),
        )

    def test_setting_that_differs_is_seen(self):
        sample = settings_of_sample('NFS_MODE=insecure\nADMIN_PASSWORD=secret\n')
        self.assertEqual(sample, settings_of_job({'devstack_localrc': {'NFS_MODE': 'insecure'}}))
        for other in ({'NFS_MODE': 'secure'}, {}, {'NFS_MODE': 'insecure', 'NFS_GROUP': 'x'}):
            self.assertNotEqual(sample, settings_of_job({'devstack_localrc': other}))
