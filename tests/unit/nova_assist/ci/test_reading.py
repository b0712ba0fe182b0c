# SPDX-License-Identifier: Apache-2.0
import pathlib
import tempfile
import unittest

from nova_assist.ci.errors import LogsError
from nova_assist.ci.logs import look
from nova_assist.ci.reading import Backend, Found, read
from nova_assist.reports.errors import UnreadableError
from tests.unit.nova_assist.ci import samples


class ReadTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def read(self, **files):
        for name, content in files.items():
            file = self.folder / name.replace('__', '.')
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(look(self.folder, self.folder / 'page'))

    def test_whole_folder(self):
        samples.fill(self.folder)
        found = self.read()
        self.assertEqual(['passed', 'passed', 'skipped'], [each.verdict for each in found.results])
        self.assertIn(samples.VOLUME_TEST, found.listed)
        self.assertEqual((Backend('nfs', samples.DRIVER),), found.backends)
        self.assertEqual(
            ('1.2.3', 'Vendor_NFS_CI'), (found.driver.version, found.driver.ci_wiki_name)
        )
        self.assertEqual(1, len(found.runs))

    def test_empty_folder_tells_nothing(self):
        found = self.read()
        self.assertEqual((None, None, None, None, ()), tuple(vars(found).values()))

    def test_what_a_command_that_failed_has_left_empty_tells_nothing(self):
        names = ('tempest__subunit', 'tests__txt', 'cinder__conf', 'conformance__json')
        self.assertEqual(Found(), self.read(report__json=b'', **dict.fromkeys(names, b'')))

    def test_backend_of_cinders_default_and_one_without_a_section(self):
        found = self.read(cinder__conf='[DEFAULT]\nenabled_backends=lvm, gone\n[lvm]\na=b\n')
        self.assertEqual((Backend('lvm', ''), Backend('gone', '')), found.backends)

    def test_each_damaged_file_is_one_clear_line(self):
        for name, content, told in (
            ('a__subunit', b'no subunit', 'no stream of subunit'),
            ('a__subunit', samples.stream(('a.b', 'exists', {})), 'has no results'),
            ('cinder__conf', 'password', 'no configuration of Cinder'),
            ('cinder__conf', '[a]\nvolume_driver\n', 'no configuration of Cinder'),
            ('cinder__conf', '[a]\nvolume_driver\n  b\n', 'no configuration of Cinder'),
            ('conformance__json', '{', 'is not what "nova-assist conformance'),
            ('conformance__json', '[]', 'is not what "nova-assist conformance'),
            ('conformance__json', '{"driver": "a.B"}', 'is not what "nova-assist conformance'),
            ('conformance__json', samples.conformance(version=1), '1 is no text'),
            ('conformance__json', samples.conformance(findings=['a']), 'is not what'),
            ('tests__txt', b'a' * (17 << 20), 'is longer than 16 MiB'),
        ):
            with self.subTest(told, content=content[:20]), self.assertRaises(LogsError) as caught:
                self.read(**{name: content})
            self.assertIn(told, str(caught.exception))
            (self.folder / name.replace('__', '.')).unlink()

    def test_report_of_a_run_that_is_none(self):
        with self.assertRaisesRegex(UnreadableError, r'report\.json is not valid JSON'):
            self.read(report__json='garbage')

    def test_stream_that_is_cut_off_has_failed(self):
        stream = samples.stream(*samples.PASSED)
        found = self.read(a__subunit=stream[: len(stream) // 2])
        failed = {each.name: each.told for each in found.results if each.verdict == 'failed'}
        self.assertIn('Short read', failed['subunit.parser'])

    def test_reports_of_two_classes(self):
        with self.assertRaisesRegex(LogsError, 'tell of different classes'):
            self.read(
                **{
                    'conformance-1__json': samples.conformance(),
                    'conformance-2__json': samples.conformance(driver='other.Driver'),
                }
            )
