# SPDX-License-Identifier: Apache-2.0
"""The matrix: root squashed or not, the four combinations of options, raw and qcow2, offline,
online and mixed, NFS 4.2 and 3. What can't work is refused at the start, with the reason.

One class a server and version, one test a combination; ``everything.py`` prints the whole.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

from nova_assist.accounts import Accounts
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.errors import ServiceError
from nova_assist.cloud.host import child_environment
from nova_assist.cloud.service import Service
from nova_assist.cloud.settings import CinderSettings
from nova_assist.cloud.shares import ShareView
from nova_assist.reports.model import Verdict
from tests.judged import OURS
from tests.lab import cells, nfs, stories
from tests.lab.cells import Cell

STORIES = (stories.OFFLINE, stories.ONLINE, stories.MIXED)


class Cells:
    """The cells of one server and version."""

    export = ''
    version = ''

    def cloud(self, operations, permissions):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Cloud(
            pathlib.Path(folder.name),
            driver=OURS,
            share=f'{nfs.SERVER}:{self.export}',
            options={
                'nas_secure_file_operations': operations,
                'nas_secure_file_permissions': permissions,
                'nfs_mount_options': f'vers={self.version}',
            },
            accounts=Accounts.named({'hypervisor': 'qemu', 'outsider': 'outsider'}),
        )

    def play(self, operations, permissions):
        with self.cloud(operations, permissions) as cloud:
            self.assertEqual(self.export == nfs.SQUASH, cloud.root_squashed)
            results = stories.play(cloud, STORIES)
            self.assertEqual('', cloud.asked_for_root.read_text(), 'whatever the options say')
        for result in results:
            outcome = f'{result.verdict.value}, {result.seconds:.0f} s'
            cell = (self.export, self.version, operations, permissions, result.name, outcome)
            cells.add(Cell(*cell))
        reasons = [f'{each.name}: {each.reason}' for each in results]
        self.assertEqual({Verdict.PASS}, {each.verdict for each in results}, reasons)

    def test_both_secure(self):
        self.play('true', 'true')

    def test_secure_operations_on_open_files(self):
        self.play('true', 'false')

    def test_closed_files_without_secure_operations(self):
        self.play('false', 'true')

    def test_neither_secure(self):
        self.play('false', 'false')


@nfs.needs_lab
class SquashedV42(Cells, unittest.TestCase):
    export = nfs.SQUASH
    version = '4.2'


@nfs.needs_lab
class SquashedV3(Cells, unittest.TestCase):
    export = nfs.SQUASH
    version = '3'


@nfs.needs_lab
class TrustingV42(Cells, unittest.TestCase):
    export = nfs.TRUSTING
    version = '4.2'


@nfs.needs_lab
class TrustingV3(Cells, unittest.TestCase):
    export = nfs.TRUSTING
    version = '3'


@nfs.needs_lab
class ServiceAsRootTest(unittest.TestCase):
    def start_on(self, export):
        """Start Cinder as root on an export, and stop it."""
        with tempfile.TemporaryDirectory() as name, nfs.mounted(export) as mount:
            folder = pathlib.Path(name)
            view = ShareView.at(f'{nfs.SERVER}:{export}', folder)
            view.path.mkdir()
            subprocess.run(['mount', '--bind', str(mount), str(view.path)], check=True)
            try:
                self.start(folder, view)
            finally:
                subprocess.run(['umount', str(view.path)], check=True)

    def start(self, folder, view):
        (folder / 'cinder').mkdir()
        settings = CinderSettings(
            folder=folder / 'cinder',
            driver=OURS,
            port=8776,
            compute_url='http://127.0.0.1:8774/v2.1',
            mount_base=folder,
            shares={'raw': (view.name,)},
            qcow2_backends=(),
            options=dict.fromkeys(
                ('nas_secure_file_operations', 'nas_secure_file_permissions'), 'true'
            ),
            fixed_key='00' * 32,
        )
        settings.save(folder / 'settings')
        service = Service(
            'cinder',
            [sys.executable, '-m', 'nova_assist.cloud.cinder_process', str(folder / 'settings')],
            settings.url,
            folder / 'log',
            child_environment(),
        )
        self.addCleanup(service.kill)
        service.start()
        service.stop()

    def test_it_is_refused_where_root_is_squashed(self):
        with self.assertRaisesRegex(ServiceError, 'This process is root, and the server squashes'):
            self.start_on(nfs.SQUASH)

    def test_it_works_where_root_is_not(self):
        self.start_on(nfs.TRUSTING)
