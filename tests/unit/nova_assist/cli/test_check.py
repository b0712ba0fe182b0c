# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from nova_assist.cli.main import main
from nova_assist.cli.meter import Meter
from nova_assist.cli.mounted import no_volume
from tests.unit.nova_assist.cli.fakes import call


class CheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_it(self, *words):
        """Return exit code, standard output and standard error."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(['check', *words])
        return code, out.getvalue(), err.getvalue()

    def test_folder_that_works(self):
        code, out, _ = self.run_it('--access', self.folder)
        self.assertEqual(0, code)
        self.assertIn('image locks are kept by this host', ' '.join(out.split()))
        self.assertEqual([], os.listdir(self.folder))

    def test_result_for_programs(self):
        code, out, _ = self.run_it('--access', self.folder, '-f', 'json')
        found = json.loads(out)
        self.assertEqual((0, self.folder, []), (code, found['folder'], found['refusals']))
        self.assertIsNone(found['root_squashed'], 'no file server is asked')
        looked_as_root = any('This is what root finds' in line for line in found['advice'])
        self.assertEqual(os.geteuid() == 0, looked_as_root)

    def test_an_operator_s_host_needs_nothing_of_the_harness(self):
        harness = ('aiohttp', 'inotify_simple', 'jinja2', 'jsonschema', 'qemu', 'rich')
        code = (
            f'import sys; sys.modules.update(dict.fromkeys({harness!r})); '
            f'from nova_assist.cli.main import main; sys.exit(main(sys.argv[1:]))'
        )
        ended = subprocess.run(
            [sys.executable, '-c', code, 'check', '--access', self.folder],
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual((0, ''), (ended.returncode, ended.stderr))

    def test_advice_does_not_fail_it(self):
        pathlib.Path(self.folder).chmod(0o1777)
        code, out, _ = self.run_it('--access', self.folder)
        self.assertEqual(0, code)
        self.assertIn('chmod o-w', out)
        self.assertIn('chmod -t', out)

    def test_share_that_can_not_be_written_is_refused(self):
        code, out, _ = self.run_it('--access', '/proc/self', '-f', 'json')
        self.assertEqual(1, code)
        self.assertIn('Could not make /proc/self/', json.loads(out)['refusals'][0])

    def test_export_that_is_not_mounted(self):
        code, _, err = self.run_it('--access', 'filer.invalid:/export')
        self.assertEqual(2, code)
        self.assertIn('filer.invalid:/export is not mounted on this host', err)

    def test_account_that_does_not_exist(self):
        code, _, err = self.run_it('--access', self.folder, '--account', 'no-such-user')
        self.assertEqual(2, code)
        self.assertIn('no-such-user', err)


class VolumesTest(unittest.TestCase):
    """The volumes of a share, as an operator sees them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in ('volume-a1', 'volume-b2'):
            self.make(name, b'')
            os.truncate(self.folder / name, 1 << 20)

    def make(self, name, data):
        (self.folder / name).write_bytes(data)
        (self.folder / name).chmod(0o660)

    def run_it(self, *words):
        outcome = call('check', str(self.folder), '--settle', '0', *words)
        return outcome.code, outcome.stdout, outcome.stderr

    def test_nothing_is_wrong(self):
        code, out, err = self.run_it()
        self.assertEqual((0, ''), (code, err))
        self.assertIn('2 volumes, 2 files, 0 errors, 0 warnings, 0 hints', out)

    def test_finding_is_a_block_with_what_to_do_and_a_line_that_counts(self):
        self.make('volume-a1.info', b'')
        code, out, _ = self.run_it()
        self.assertEqual(1, code)
        self.assertIn('ERROR    volume-a1  unreadable-record\n', out)
        self.assertIn('  file     volume-a1.info\n', out)
        self.assertIn('2 volumes, 3 files, 1 error, 0 warnings, 0 hints\n', out)
        self.assertNotIn('\x1b', out)

    def test_hints_alone_are_no_failure_and_many_are_cut_short(self):
        for number in range(5):
            self.make(f'volume-a1.info.{number}', b'')
        code, out, _ = self.run_it()
        self.assertEqual(0, code)
        self.assertIn('2 more of unknown-file', out)

    def test_repair_tells_what_it_did_and_what_it_kept(self):
        self.make('volume-a1.info', b'half')
        code, out, _ = self.run_it('--repair')
        self.assertEqual(0, code)
        self.assertIn('MENDED   volume-a1  unreadable-record', out)
        done = 'done volume-a1.info was written from the image headers: volume-a1 is active'
        self.assertIn(done, ' '.join(out.split()), 'lines break where the terminal ends')
        self.assertNotIn('is not JSON', out, 'what was the matter is no deed')
        self.assertRegex(out, r'  kept     volume-a1\.info\.replaced-\d{8}T\d{6}Z\n')
        self.assertIn('1 file kept by repairs', out)
        self.assertEqual(
            {'active': 'volume-a1'}, json.loads((self.folder / 'volume-a1.info').read_bytes())
        )

    def test_repair_of_each_kind_tells_its_deed(self):
        for name in ('volume-a1.tmp', 'volume-b2.tmp'):
            self.make(name, b'')
            os.utime(self.folder / name, (0, 0))
        (self.folder / 'volume-b2').chmod(0o600)
        self.make('volume-a1.s1', b'')
        words = ' '.join(self.run_it('--repair', '--mode', '0660')[1].split())
        self.assertIn('done volume-a1.tmp was removed', words)
        self.assertIn('done volume-b2 was given the mode 0660.', words)
        self.assertIn('done volume-a1.s1 was given another name', words)
        self.assertIn('kept volume-a1.s1.replaced-', words)

    def test_check_alone_changes_nothing(self):
        self.make('volume-a1.info', b'half')
        before = self.changes()
        self.run_it()
        self.assertEqual(before, self.changes())

    def changes(self):
        return {path.name: path.stat().st_ctime_ns for path in self.folder.iterdir()}

    def test_findings_for_programs(self):
        self.make('volume-a1.info', b'')
        code, out, _ = self.run_it('--repair', '-f', 'json')
        found = json.loads(out)
        self.assertEqual((0, [], 2), (code, found['findings'], found['volumes']))
        self.assertEqual(found['kept'], [found['repairs'][0]['kept']])
        self.assertEqual({'error': 0, 'warning': 0, 'hint': 0}, found['totals'])
        keys = {'volume', 'kind', 'done', 'what', 'kept'}
        self.assertEqual(keys, found['repairs'][0].keys())

    def test_finding_s_keys_for_programs(self):
        self.make('volume-a1.info', b'')
        found = json.loads(self.run_it('-f', 'json')[1])['findings'][0]
        keys = {'kind', 'severity', 'volume', 'files', 'meaning', 'repair', 'repairable'}
        self.assertEqual(keys, found.keys())
        self.assertEqual(('unreadable-record', True), (found['kind'], found['repairable']))

    def test_mode_is_what_options_say(self):
        code, out, _ = self.run_it('--mode', '0666')
        self.assertEqual(1, code)
        self.assertIn('A repair gives it the mode 0666', ' '.join(out.split()))

    def test_journal_that_can_not_be_read_has_one_remedy(self):
        self.make('volume-a1.journal', b'{')
        code, out, _ = self.run_it()
        words = ' '.join(out.split())
        self.assertEqual(1, code)
        self.assertIn('ERROR volume-a1 leftover-journal', words)
        self.assertIn('A repair keeps the journal under another name', words)
        self.assertNotIn('By hand', words)
        self.assertEqual(0, self.run_it('--repair')[0])
        self.assertFalse((self.folder / 'volume-a1.journal').exists())

    def test_file_name_can_not_steer_a_terminal(self):
        self.make('volume-a1.\x1b[31m', b'')
        self.assertIn('volume-a1.\\x1b[31m', self.run_it()[1])

    def test_folder_that_can_not_be_listed(self):
        self.folder = pathlib.Path('/proc/self/map_files/none')
        self.assertEqual(2, self.run_it()[0])

    def test_share_and_access_do_not_go_together(self):
        code, _, err = self.run_it('--access', str(self.folder))
        self.assertEqual(2, code)
        self.assertIn('name one share', err)

    def test_nothing_of_the_harness_is_needed(self):
        harness = ('aiohttp', 'inotify_simple', 'jinja2', 'jsonschema', 'qemu', 'rich')
        code = (
            f'import sys; sys.modules.update(dict.fromkeys({harness!r})); '
            f'from nova_assist.cli.main import main; sys.exit(main(sys.argv[1:]))'
        )
        for words in (['check', self.folder], ['chain', self.folder / 'volume-a1']):
            command = [sys.executable, '-c', code, *map(str, words)]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
            self.assertEqual((0, ''), (ended.returncode, ended.stderr))


class NothingThereTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_empty_folder_is_not_told_to_be_without_faults(self):
        outcome = call('check', str(self.folder))
        self.assertEqual(0, outcome.code)
        self.assertIn(f'no volume was found in {self.folder}, so nothing', outcome.stderr)
        self.assertIn('It is no mount point', outcome.stderr)
        self.assertIn('no volume was found, nothing was looked at', outcome.stdout)
        self.assertNotIn('0 errors', outcome.stdout)

    def test_files_of_no_volume_are_counted(self):
        (self.folder / 'notes').touch()
        outcome = call('check', str(self.folder))
        self.assertIn('(files of no volume: 1), so nothing was looked at', outcome.stderr)
        self.assertIn('nothing was looked at, 1 file of no volume', outcome.stdout)

    def test_mount_point_is_told_as_such(self):
        self.assertIn('It is the mount point of proc (proc)', no_volume(pathlib.Path('/proc'), 0))

    def test_warning_does_not_get_into_what_programs_read(self):
        outcome = call('check', str(self.folder), '-f', 'json')
        self.assertEqual(0, json.loads(outcome.stdout)['volumes'])
        self.assertIn('no volume was found', outcome.stderr)


@unittest.skipIf(os.geteuid() != 0, 'only root can look as another account')
class AccountTest(unittest.TestCase):
    """A share of root's, or of nobody's, that nobody looks at."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        for name in ('volume-a1', 'volume-b2', 'volume-c3'):
            (self.folder / name).touch()
            (self.folder / name).chmod(0o660)

    def run_it(self, *words):
        command = [sys.executable, '-m', 'nova_assist', *map(str, words), '--account', 'nobody']
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def test_account_that_may_not_read_the_files_of_another_is_one_error(self):
        for words in (
            ['check', self.folder, '--settle', '0'],
            ['check', self.folder, '--settle', '0', '--repair'],
            ['chain', self.folder / 'volume-a1'],
        ):
            with self.subTest(words[0]):
                ended = self.run_it(*words)
                self.assertEqual((2, ''), (ended.returncode, ended.stdout))
                self.assertEqual(1, ended.stderr.count('\n'))
                self.assertIn('cannot look as account nobody: ', ended.stderr)
                self.assertIn(f'{self.folder}/volume-a1 is root:root 0660', ended.stderr)
                self.assertIn('here probably root, with --account NAME', ended.stderr)

    def test_folder_that_an_account_may_not_list_is_told_with_the_account(self):
        self.folder.chmod(0o700)
        ended = self.run_it('check', self.folder)
        self.assertEqual(2, ended.returncode)
        self.assertIn('cannot look as account nobody: Could not list', ended.stderr)

    def test_file_that_its_owner_may_not_read_is_a_finding(self):
        for path in self.folder.iterdir():
            os.chown(path, 65534, 65534)
        (self.folder / 'volume-a1').chmod(0)
        ended = self.run_it('check', self.folder, '--settle', '0')
        self.assertEqual((1, ''), (ended.returncode, ended.stderr))
        self.assertIn('volume-a1  unreadable-file', ended.stdout)

    def test_file_of_another_on_a_share_of_ours_is_a_finding(self):
        for name in ('volume-b2', 'volume-c3'):
            os.chown(self.folder / name, 65534, 65534)
        ended = self.run_it('check', self.folder, '--settle', '0')
        self.assertEqual((1, ''), (ended.returncode, ended.stderr))
        self.assertIn('volume-a1  unreadable-file', ended.stdout)


class MeterTest(unittest.TestCase):
    def test_nothing_is_shown_of_what_is_quick(self):
        stream = io.StringIO()
        with Meter(stream, 'volumes checked') as meter:
            meter.show(1, 2)
        self.assertEqual('', stream.getvalue())

    def test_what_takes_long_is_shown(self):
        stream = io.StringIO()
        with Meter(stream, 'volumes checked', silent=0) as meter:
            meter.show(1, 2)
            meter.show(2, 2)
        self.assertEqual('1 of 2 volumes checked\n', stream.getvalue())

    def test_line_on_a_terminal_is_gone_at_the_end(self):
        stream = io.StringIO()
        stream.isatty = lambda: True
        with mock.patch.dict(os.environ, TERM='xterm'), Meter(stream, 'done', silent=0) as meter:
            meter.show(1, 2)
        self.assertEqual('\r1 of 2 done\x1b[K\r\x1b[K', stream.getvalue())
