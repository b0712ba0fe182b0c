# SPDX-License-Identifier: Apache-2.0
import gzip
import os
import pathlib
import tempfile
import unittest

from nova_assist.ci.errors import LogsError
from nova_assist.ci.logs import Kind, Log, kind_of, look


class KindTest(unittest.TestCase):
    def test_names_that_people_use(self):
        for kind, names in {
            Kind.SUBUNIT: ('tempest.subunit', 'testrepository.subunit.gz', 'a/b.subunit'),
            Kind.LISTED: ('tests.txt', 'tempest-tests.txt'),
            Kind.CONSOLE: ('console.log', 'tempest/console.txt', 'job-output.txt.gz'),
            Kind.CINDER_CONF: ('cinder.conf', 'cinder.conf.txt', 'etc_cinder_cinder.conf.gz'),
            Kind.API: ('c-api.log', 'screen-c-api.txt.gz', 'devstack@c-api.service.txt'),
            Kind.SCHEDULER: ('c-sch.txt', 'cinder-scheduler.log', 'cinder/cinder-scheduler.log'),
            Kind.VOLUME: ('c-vol.log', 'cinder-volume.log.xz', 'C-VOL.txt', 'c-vol'),
            Kind.BACKUP: ('c-bak.txt', 'cinder-backup.log'),
            Kind.RUN: ('report.json', 'run/report.json'),
            Kind.CONFORMANCE: ('conformance.json', 'reports/conformance-vendor.json'),
            Kind.SHARE: ('share.txt', 'share/files.txt'),
            Kind.CONFIGURATION: (
                *('local.conf', 'nova.conf.txt', 'tempest.conf', 'cinder-api-uwsgi.ini'),
                *('openrc', '.localrc.auto', '.stackenv'),
            ),
            Kind.ARCHIVE: ('logs.tar.gz', 'logs.tgz', 'all.zip', 'a.tar.xz', 'b.7z'),
            Kind.PAGE: ('report.html', 'results.htm'),
            Kind.OTHER: ('n-cpu.log', 'tempest.log', 'c-volatile.log', 'mycinder.config'),
        }.items():
            for name in names:
                self.assertIs(kind, kind_of(pathlib.PurePath(name)), name)


class LookTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()

    def test_folder_that_is_not_there(self):
        with self.assertRaisesRegex(LogsError, 'is no folder; give --logs'):
            look(self.folder / 'none', self.folder)

    def test_page_in_the_folder_is_no_log(self):
        for name in ('a.log', 'page/index.html', 'page/logs/a.log.txt'):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text('a')
        (self.folder / 'nowhere').symlink_to('gone')
        os.mkfifo(self.folder / 'pipe')
        self.assertEqual(['a.log'], [log.name for log in look(self.folder, self.folder / 'page')])

    def test_link_that_leads_out_of_the_folder_is_not_published(self):
        logs = self.folder / 'logs'
        logs.mkdir()
        (self.folder / 'secret').write_text('hush')
        (logs / 'a.log').write_text('a')
        (logs / 'latest.log').symlink_to('a.log')
        for number, target in enumerate(('../secret', self.folder / 'secret', '/etc/passwd')):
            (logs / f'{number}.log').symlink_to(target)
        (logs / 'etc').symlink_to('/etc')
        self.assertEqual(
            ['a.log', 'latest.log'], [log.name for log in look(logs, self.folder / 'page')]
        )

    def test_packed_log_that_is_cut_off_or_none(self):
        whole = gzip.compress(os.urandom(10000))
        for content in (whole[:5000], b'no gzip', whole[:20] + b'xxxx' + whole[24:]):
            (self.folder / 'a.gz').write_bytes(content)
            log = Log(self.folder / 'a.gz', 'a.gz', Kind.OTHER)
            with self.assertRaisesRegex(LogsError, "a.gz can't be read"), log.opened() as stream:
                stream.read()
