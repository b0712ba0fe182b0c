# SPDX-License-Identifier: Apache-2.0
import pathlib
import tempfile
import unittest

from nova_assist.ci.change import Change
from nova_assist.ci.errors import OutputError
from nova_assist.ci.page import make
from nova_assist.ci.skips import SkipList
from nova_assist.reports import json_form
from tests.unit.nova_assist.ci import samples
from tests.unit.nova_assist.reports import samples as reports
from tests.unit.nova_assist.reports.test_html import Page

_CHANGE = Change('openstack/cinder', 657856, 2)
_HOSTILE = '</pre><script>alert(1)</script>&amp;\x1b[31m'


class PageTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name, 'logs')
        self.output = pathlib.Path(folder.name, 'page')
        self.folder.mkdir()
        samples.fill(self.folder)

    def make(self, change=_CHANGE):
        self.made = make(self.folder, self.output, SkipList.load(), change)
        self.text = (self.output / 'index.html').read_text()
        self.page = Page(self.text)
        return self.made

    def links(self):
        return [attrs['href'] for tag, attrs in self.page.tags if tag == 'a']

    def test_whole_run_has_passed(self):
        made = self.make()
        self.assertEqual(('PASSED', 0), (made.verdict, made.missing))
        for words in (
            *(samples.DRIVER, '1.2.3', 'Vendor_NFS_CI', 'openstack/cinder 657856,2'),
            *('2 passed, 0 failed, 1 skipped', 'run-Vendor_NFS_CI', 'the log of vol'),
            'switch it on for a driver that reports multiattach',
        ):
            self.assertIn(words, self.page.text)

    def test_page_needs_no_script_and_links_lead_to_files_beside_it(self):
        self.make()
        self.assertFalse({'script', 'link', 'img'} & {tag for tag, _ in self.page.tags})
        beside = [link for link in self.links() if link.startswith('./')]
        self.assertIn('./logs/cinder.conf.txt', beside)
        for link in beside:
            self.assertTrue((self.output / link).is_file(), link)
        others = set(self.links()) - set(beside)
        self.assertEqual({_CHANGE.url}, others)

    def test_no_secret_is_published(self):
        (self.folder / 'tempest.subunit').write_bytes(
            samples.stream(
                *samples.PASSED,
                (f'{samples.VOLUME_TEST}_2', 'fail', {'traceback': "'password': 't0psecret'"}),
            )
        )
        report = reports.report(reports.failed())
        report.options = {'san_password': 't0psecret'}
        report.command = 'nova-assist run --option san_password=t0psecret'
        (self.folder / 'run/report.json').write_text(json_form.render(report))
        self.make()
        for file in self.output.rglob('*'):
            if file.is_file():
                self.assertNotIn('t0psecret', file.read_text(), file)

    def test_failure_comes_with_its_trace(self):
        (self.folder / 'tempest.subunit').write_bytes(
            samples.stream(
                *samples.PASSED, (f'{samples.VOLUME_TEST}_2', 'fail', {'traceback': 'Boom: 1'})
            )
        )
        self.assertEqual('FAILED', self.make().verdict)
        self.assertIn('Boom: 1', self.page.text)
        self.assertLess(self.text.index('Boom: 1'), self.text.index('id="tests"'))

    def test_skip_that_is_not_documented_is_flagged(self):
        strange = 'tempest.api.volume.test_new.NewTest.test_a'
        (self.folder / 'tempest.subunit').write_bytes(
            samples.stream(*samples.PASSED, (strange, 'skip', {'reason': 'just so'}))
        )
        self.assertEqual('INCOMPLETE', self.make().verdict)
        self.assertIn(f'{strange}: just so', self.page.text)

    def test_test_that_was_not_to_be_run_and_skips_itself_is_told_as_skipped(self):
        name = (
            'tempest_plugin.api.test_false_reports.FalseReportsTest.test_creation_said_to_be_done'
        )
        self.assertEqual('not started', self.make().skips[0].how)
        (self.folder / 'tempest.subunit').write_bytes(
            samples.stream(*samples.PASSED, (name, 'skip', {'reason': 'too late'}))
        )
        self.output = self.output.with_name('again')
        self.assertEqual('1 skipped', self.make().skips[0].how)

    def test_scenario_that_failed_fails_the_page_and_has_a_page_of_its_own(self):
        report = json_form.render(reports.report(reports.failed()))
        (self.folder / 'run/report.json').write_text(report)
        self.assertEqual('FAILED', self.make().verdict)
        run = (self.output / 'nova-assist-run-1.html').read_text()
        self.assertIn('block 7 of snapshot second', run)
        self.assertIn('./logs/run-logs-log-cinder.log.txt', run)

    def test_empty_folder_gives_a_page_that_says_what_is_missing(self):
        for file in sorted(self.folder.rglob('*'), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        made = self.make(change=None)
        self.assertEqual(('INCOMPLETE', 11), (made.verdict, made.missing))
        cells = [attrs.get('class') for tag, attrs in self.page.tags if tag == 'td']
        self.assertEqual(11, cells.count('verdict MISSING'))

    def test_long_log_is_linked_not_folded(self):
        (self.folder / 'c-vol.log').write_text('far too long\n' * 30000)
        self.make()
        self.assertNotIn('far too long', self.text)
        self.assertIn('./logs/c-vol.log.txt', self.links())

    def test_many_short_logs_do_not_make_a_page_that_no_browser_opens(self):
        for number in range(30):
            (self.folder / f'{number}.log').write_text('long\n' * 50000)
        self.make()
        self.assertLess(len(self.text), 5 << 20)

    def test_hostile_content_is_text(self):
        (self.folder / f'a{_HOSTILE.replace("/", "")}.log').write_text(_HOSTILE)
        (self.folder / 'tempest.subunit').write_bytes(
            samples.stream(
                (f'a.{_HOSTILE}', 'fail', {'traceback': _HOSTILE}),
                (f'b.{_HOSTILE}', 'skip', {'reason': _HOSTILE}),
            )
        )
        for name, text in (
            ('conformance.json', samples.conformance(driver=_HOSTILE, version=_HOSTILE)),
            ('cinder.conf', f'[DEFAULT]\nenabled_backends={_HOSTILE}\n'),
        ):
            (self.folder / name).write_text(text)
        self.make()
        self.assertNotIn('<script', self.text)
        self.assertNotIn('\x1b', self.text)

    def test_archive_is_told_and_not_published(self):
        (self.folder / 'logs.tgz').write_bytes(b'x')
        self.assertEqual(1, self.make().missing)
        self.assertFalse(list(self.output.rglob('*tgz*')))

    def test_damaged_log_is_told_and_does_not_stop_the_page(self):
        (self.folder / 'n-cpu.log.gz').write_bytes(b'no gzip')
        self.assertEqual(('INCOMPLETE', 1), (self.make().verdict, self.made.missing))
        self.assertIn('collect anew as text: n-cpu.log.gz', self.page.text)

    def test_output_with_something_in_it_is_refused(self):
        self.make()
        with self.assertRaisesRegex(OutputError, 'has something in it already'):
            self.make()
        self.output = self.folder / 'console.log'
        with self.assertRaisesRegex(OutputError, "can't be made"):
            self.make()

    def test_output_below_the_logs(self):
        self.output = self.folder / 'page'
        self.assertEqual('PASSED', self.make().verdict)
