# SPDX-License-Identifier: Apache-2.0
"""``nova-assist run --cloud``: the embedded cloud is played in as if it were one of others."""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

import yaml

from nova_assist import client
from nova_assist.cloud.clients import CLOUDS
from nova_assist.cloud.cloud import Cloud

_ROOT = pathlib.Path(__file__).parents[2]
_PATIENCE = 120


def _is_up(servers):
    return 'ACTIVE' in [server.status for server in servers]


class RemoteCase(unittest.TestCase):
    """A cloud with a driver, of which no more is known than a user would know."""

    driver = 'driver.nfs.NfsDriver'

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cloud = Cloud(pathlib.Path(folder.name), driver=cls.driver, with_keystone=True)
        cls.addClassCleanup(cls.cloud.stop)
        cls.cloud.start()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def command(self, *scenarios, image_format='raw', seen=True, **changed):
        """Return a command line that runs scenarios on the cloud."""
        options = {
            '--cloud': self.cloud.folder / CLOUDS,
            '--cloud-name': 'admin',
            '--volume-type': f'{image_format}={image_format}',
            '--flavor': 'm1.tiny',
            '--report': self.folder / 'report',
            **({'--share': self.cloud.shares[image_format].path} if seen else {}),
            **{f'--{name.replace("_", "-")}': value for name, value in changed.items()},
        }
        pairs = [*options.items(), *(('--scenario', name) for name in scenarios)]
        words = [str(word) for pair in pairs for word in pair]
        return [sys.executable, '-m', 'nova_assist', 'run', *words]

    def run_on_it(self, *scenarios, **changed):
        """Run scenarios; returns the exit code, what was said on stderr, and the report."""
        ended = subprocess.run(
            self.command(*scenarios, **changed),
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=600,
        )
        report = self.folder / 'report' / 'report.json'
        found = json.loads(report.read_text()) if report.exists() else {}
        return ended.returncode, ended.stderr, found

    def faults(self, report):
        return [
            f'{finding["judge"]}: {finding["fault"]}'
            for scenario in report['scenarios']
            for step in scenario['steps']
            for finding in step['findings']
        ]

    def assert_empty(self):
        """See that nothing is left of the scenarios, in the cloud and on the shares."""
        cinder, nova = self.cloud.cinderclient(), self.cloud.novaclient()
        self.assertEqual([], cinder.volumes.list(search_opts={'all_tenants': 1}))
        self.assertEqual([], nova.servers.list(search_opts={'all_tenants': 1}))
        for share in self.cloud.shares.values():
            self.assertEqual([], list(share.path.glob('volume-*')))


class PlayTest(RemoteCase):
    def test_volumes_are_written_to_by_guests_and_judged_on_the_share(self):
        names = ('online-chain', 'offline-chain', 'clone-attached')
        code, said, report = self.run_on_it(*names)
        self.assertEqual(
            dict.fromkeys((f'{name}-raw' for name in names), 'pass'),
            {each['name']: each['verdict'] for each in report['scenarios']},
            (said, self.faults(report)),
        )
        self.assertEqual(0, code)
        self.assertEqual('admin', report['cloud']['name'])
        self.assertIn(str(self.cloud.shares['raw'].path), report['cloud']['data'])
        chains = [step['chains'] for each in report['scenarios'] for step in each['steps']]
        self.assertEqual(4, max(len(files) for each in chains for files in each.values()))
        self.assert_empty()

    def test_qcow2_volumes_have_a_type_of_their_own(self):
        code, said, report = self.run_on_it('mixed', image_format='qcow2')
        self.assertEqual(0, code, (said, report and self.faults(report)))
        self.assertEqual(['mixed-qcow2'], [each['name'] for each in report['scenarios']])

    def test_without_the_share_guests_find_the_data_and_what_is_not_read_is_told(self):
        code, said, report = self.run_on_it('online-chain', seen=False)
        self.assertEqual(0, code, (said, report and self.faults(report)))
        steps = {step['name']: step for step in report['scenarios'][0]['steps']}
        self.assertRegex(
            steps['create snapshot s1 while the guest writes']['unseen'][0], 'data of volume v1'
        )
        self.assertEqual([], steps['detach']['unseen'])
        self.assertIn('not seen', report['cloud']['chains'])
        self.assert_empty()

    def test_what_such_guests_can_not_do_is_not_run(self):
        code, _, report = self.run_on_it('extend-attached', 'image-transfer')
        self.assertEqual(2, code)
        for each in report['scenarios']:
            self.assertEqual('not_run', each['verdict'])
            self.assertIn('the guests of this cloud write by themselves', each['reason'])

    def test_a_run_that_is_interrupted_removes_what_it_has_made(self):
        nova = self.cloud.novaclient()
        with subprocess.Popen(
            self.command('online-chain'), cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as running:
            servers = {'all_tenants': 1}
            client.poll(lambda: nova.servers.list(search_opts=servers), _is_up, _PATIENCE)
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=_PATIENCE)
        self.assertEqual(130, running.returncode, said)
        self.assert_empty()

    def test_a_folder_that_is_not_the_share_is_not_held_against_the_driver(self):
        code, _, report = self.run_on_it('offline-chain', share=self.folder)
        self.assertEqual((2, 'not_run'), (code, report['scenarios'][0]['verdict']))
        self.assertIn('is not the share of volume type', report['scenarios'][0]['reason'])
        self.assert_empty()


class RefusalTest(RemoteCase):
    def refused(self, words, **changed):
        """See that a run ends with one line, and has made nothing."""
        code, said, report = self.run_on_it('offline-chain', **changed)
        lines = [line for line in said.splitlines() if line.startswith('nova-assist')]
        self.assertEqual((2, 1, {}), (code, len(lines), report), said)
        self.assertRegex(lines[0], words)
        self.assert_empty()

    def file(self, change):
        """Return a clouds.yaml of which one thing is changed."""
        known = yaml.safe_load((self.cloud.folder / CLOUDS).read_text())
        change(known['clouds']['admin'])
        file = self.folder / CLOUDS
        file.write_text(yaml.safe_dump(known))
        return file

    def test_unknown_cloud(self):
        self.refused("no cloud 'mine'; it has: .*admin", cloud_name='mine')

    def test_wrong_password(self):
        file = self.file(lambda cloud: cloud['auth'].update(password='guessed'))
        self.refused('can not log in to cloud admin .*auth_url', cloud=file)

    def test_nobody_answers(self):
        file = self.file(lambda cloud: cloud['auth'].update(auth_url='http://127.0.0.1:1/v3'))
        self.refused('can not log in to cloud admin', cloud=file)

    def test_missing_endpoint(self):
        file = self.file(lambda cloud: cloud.update(region_name='elsewhere'))
        self.refused('no endpoint of a block-storage service .region elsewhere', cloud=file)

    def test_file_that_is_no_clouds_yaml(self):
        file = self.folder / CLOUDS
        for text in ('[]', '{clouds: 1}', 'a: [', 'clouds: {admin: {auth: 1}}'):
            with self.subTest(text):
                file.write_text(text)
                self.refused('can be used|no cloud', cloud=file)

    def test_unknown_volume_type(self):
        self.refused("no volume type 'gold'; there are: .*raw", volume_type='raw=gold')

    def test_unknown_image(self):
        self.refused("no image 'gold'", image='gold')

    def test_unknown_flavor(self):
        self.refused("no flavor 'gold'; there are: .*m1.tiny", flavor='gold')

    def test_user_who_is_no_administrator(self):
        self.refused('does not tell its storage pools', cloud_name='demo')


class SkipsCommitTest(RemoteCase):
    driver = 'tests.functional.broken_drivers.SkipsCommit'

    def test_lost_data_is_seen_on_the_share(self):
        code, said, report = self.run_on_it('offline-chain')
        self.assertEqual(1, code, said)
        self.assertRegex('\n'.join(self.faults(report)), 'data: .*expected write [0-9]+, found')

    def test_lost_data_is_found_by_a_guest(self):
        code, said, report = self.run_on_it('offline-chain', seen=False)
        self.assertEqual(1, code, said)
        self.assertRegex('\n'.join(self.faults(report)), 'data: .*the guest finds [0-9]+')


class CopiesBaseOnlyTest(RemoteCase):
    driver = 'tests.functional.broken_drivers.CopiesBaseOnly'

    def test_clone_that_is_older_than_its_request_is_seen_on_the_share(self):
        code, said, report = self.run_on_it('clone-attached')
        self.assertEqual(1, code, said)
        self.assertRegex('\n'.join(self.faults(report)), 'data: .*clone2.* older than its request')
