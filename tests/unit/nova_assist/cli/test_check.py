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

from nova_assist.cli.main import main


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
