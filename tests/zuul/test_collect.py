# SPDX-License-Identifier: Apache-2.0
"""The role that collects, played by Ansible outside Zuul, on a host in a folder."""

import re
import shutil

from tests.zuul import collecting
from tests.zuul.ansible import AnsibleCase
from tests.zuul.configuration import ROOT


class _CollectCase(AnsibleCase):
    """Plays the role."""

    @classmethod
    def collect(cls, host, to, **changes):
        """Collect into a folder, with the places of a host."""
        variables = {'nova_assist_collect_to': str(to), **host.variables(), **changes}
        return cls.played(ROOT / 'playbooks/post.yaml', **variables)

    def names(self, to):
        """Return what was collected."""
        return {str(path.relative_to(to)) for path in to.rglob('*') if path.is_file()}


class CollectedTest(_CollectCase):
    """From a host on which all has run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.host, cls.to = collecting.Host(cls.folder / 'root'), cls.folder / 'collected'
        cls.host.have_all_run()
        cls.ended = cls.collect(cls.host, cls.to)

    def read(self, name):
        return (self.to / name).read_text()

    def test_all_that_is_asked_for_is_there_and_nothing_is_packed(self):
        self.assertEqual(0, self.ended.returncode, self.ended.stdout + self.ended.stderr)
        self.assertEqual(
            {
                'configuration/cinder.conf.txt',
                'configuration/local.conf.txt',
                'configuration/nfs_shares_nfs.txt',
                'logs/c-vol.log.txt',
                'logs/c-vol.log.1.txt',
                'mask.txt',
                'reports/conformance.json',
                'reports/run/report.html',
                'share/files.txt',
                'share/images.txt',
                'tempest/console.txt',
                'tempest/results.html',
            },
            self.names(self.to),
        )
        self.assertEqual(self.read('logs/c-vol.log.txt'), self.read('logs/c-vol.log.1.txt'))

    def test_everybody_may_read_all_and_no_secret_is_in_it(self):
        sources = (path for path in self.host.root.rglob('*.*') if path.is_file())
        there = b''.join(path.read_bytes() for path in sources)
        for secret in collecting.SECRETS:
            self.assertIn(secret.encode(), there, 'nothing is masked where nothing is')
        for path in self.to.rglob('*'):
            self.assertTrue(path.stat().st_mode & 0o004, f'{path}: a browser may not read it')
        for name in self.names(self.to):
            for secret in collecting.SECRETS:
                self.assertNotIn(secret, self.read(name), name)

    def test_what_is_no_secret_stays(self):
        conf = self.read('configuration/cinder.conf.txt')
        self.assertEqual(collecting.CINDER_CONF.count('\n'), conf.count('\n'))
        for line in (
            'connection = mysql+pymysql://root:***@127.0.0.1/cinder?charset=utf8',
            'transport_url = rabbit://stackrabbit:***@192.0.2.11:5672/',
            'username = cinder',
            'password = ***',
            'San_Password: ***',
            'volume_driver = vendor.module.Driver',
            'nas_secure_file_operations = True',
        ):
            self.assertIn(f'{line}\n', conf)
        self.assertIn('volume-1 created', self.read('logs/c-vol.log.txt'))

    def test_tempest_is_told_of_as_page_and_as_text(self):
        page, text = self.read('tempest/results.html'), self.read('tempest/console.txt')
        for each in (page, text):
            self.assertIn('1 passed, 1 skipped, 1 failed', each)
            self.assertIn('the driver has no volumes for several servers', each)
        self.assertIn('&lt;b&gt;expected&lt;/b&gt; &amp; password=***', page)
        self.assertIn('<b>expected</b> & password=***', text)
        name = re.escape('tests.test_volumes.VolumesTest.test_bad')
        self.assertRegex(text, rf'(?m)^\{{\d\}} {name} \[\d+\.\d{{6}}s\] \.\.\. fail$')

    def test_share_is_listed_with_owners_modes_blocks_and_chain(self):
        path = self.host.share / 'volume-1.2'
        stat = path.stat()
        self.assertRegex(
            self.read('share/files.txt'),
            rf'(?m)^-rw-rw---- {path.owner()}:{path.group()} 1 {stat.st_size} bytes, '
            rf'{stat.st_blocks} blocks of 512 \S+ \S+ {re.escape(str(path))} $',
        )
        images = self.read('share/images.txt')
        for name in ('volume-1', 'volume-1.2'):
            self.assertRegex(images, rf'(?m)^image: {re.escape(str(self.host.share))}/{name}$')
        self.assertNotIn('volume-1.info', images)
        self.assertIn('backing file: volume-1 (actual path:', images)


class IncompleteTest(_CollectCase):
    """From hosts on which something is missing."""

    def setUp(self):
        own = self.folder / self._testMethodName
        self.host, self.to = collecting.Host(own / 'root'), own / 'collected'

    def test_host_on_which_nothing_has_run(self):
        ended = self.collect(self.host, self.to)
        self.assertEqual(0, ended.returncode, ended.stdout + ended.stderr)
        self.assertEqual({'mask.txt', 'share/files.txt', 'share/images.txt'}, self.names(self.to))

    def test_part_that_fails_is_named_and_the_others_are_there(self):
        self.host.have_all_run()
        ended = self.collect(self.host, self.to, nova_assist_tempest_bin='/nowhere')
        self.assertNotEqual(0, ended.returncode)
        self.assertIn('Not collected: tempest (Have stestr tell the results)', ended.stdout)
        names = self.names(self.to)
        self.assertLessEqual({'logs/c-vol.log.txt', 'share/files.txt'}, names)
        self.assertFalse({name for name in names if name.startswith('tempest/')})

    def test_journal_of_a_service(self):
        ended = self.collect(self.host, self.to, nova_assist_units=['devstack@c-vol'])
        if shutil.which('journalctl'):
            self.assertIn('logs/c-vol.txt', self.names(self.to), ended.stdout)
        else:
            self.assertIn('Not collected: logs (Publish the journals of services)', ended.stdout)
