# SPDX-License-Identifier: Apache-2.0
"""The exports of the devstack plugin, with the kernel's NFS server and its own ``exportfs``.

The host of the plugin is in a folder, and what it asks of ``exportfs`` is asked of the real one.
"""

import json
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

from tests.devstack import host
from tests.lab import nfs

_EXPORTS = pathlib.Path('/etc/exports')


def run(*words):
    """Run it; it has to succeed, and to have nothing to complain about."""
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120)
    if ended.returncode or ended.stderr:
        raise AssertionError(f'{shlex.join(words)}: {ended.returncode}, {ended.stderr}')
    return ended.stdout


@nfs.needs_lab
class DevstackTest(unittest.TestCase):
    def setUp(self):
        # Where files can be exported, and below no other export, whose options would hold.
        folder = tempfile.mkdtemp(dir=nfs.TRUSTING, prefix='devstack-')
        self.addCleanup(shutil.rmtree, folder)
        pathlib.Path(folder).chmod(0o755)
        self.addCleanup(self.export, _EXPORTS.read_text())
        self.export('')
        self.one = host.Host(pathlib.Path(folder))
        self.replayed = 0

    def export(self, text):
        """Have the server export what the text says, and nothing else."""
        _EXPORTS.write_text(text)
        run('exportfs', '-ra')

    def replay(self):
        """Call the real exportfs as the plugin has called its stand-in since the last time."""
        calls = [line for line in self.one.log.splitlines() if line.startswith('sudo exportfs ')]
        self.assertTrue(calls[self.replayed :])
        for line in calls[self.replayed :]:
            run(*shlex.split(line)[1:])
        self.replayed = len(calls)

    def found(self, folder):
        """Mount the export, and return what the driver would find there as cinder-volume."""
        shutil.chown(folder, 'cinder', 'volumes')
        # Giving it away has taken the bit.
        folder.chmod(0o2771)
        with nfs.mounted(str(folder)) as share:
            words = ['check', '--access', str(share), '-f', 'json', '--account', 'cinder']
            ended = subprocess.run(
                [sys.executable, '-m', 'nova_assist', *words],
                capture_output=True,
                text=True,
                timeout=120,
            )
        self.assertEqual(0, ended.returncode, ended.stdout + ended.stderr)
        return json.loads(ended.stdout)

    def test_exports_of_ours_and_of_the_control_and_none_afterwards(self):
        localrc = host.localrc('control')
        self.one.stack(localrc)
        self.replay()
        control = self.one.root / 'srv/nfs1'
        self.assertFalse(self.found(control)['root_squashed'])
        self.assertTrue(self.found(control.with_name('nfs1-nfs'))['root_squashed'])
        self.one.unstack(localrc)
        self.replay()
        self.assertEqual('', run('exportfs', '-v'))

    def test_file_of_the_exports_when_the_server_starts_anew(self):
        self.one.stack(host.localrc('controller') + '\nNFS_EXPORT_CLIENTS=127.0.0.0/8\n')
        self.export(self.one.read('etc/exports.d/stack_nfs.exports'))
        self.assertTrue(self.found(self.one.root / 'srv/nfs1')['root_squashed'])
