# SPDX-License-Identifier: Apache-2.0
"""A host in a folder, for the role that collects; main class: :class:`Host`.

stestr has run tests there, and qemu-img made a chain: both are the real ones.
"""

from __future__ import annotations

import dataclasses
import gzip
import pathlib
import subprocess
from typing import Any

from tests.zuul.ansible import BIN

#: What may be in no file that is published.
SECRETS = ('s3cret', 'hush-hush', 'x0ken')

CINDER_CONF = """[DEFAULT]
transport_url = rabbit://stackrabbit:s3cret@192.0.2.10:5672,other:s3cret@192.0.2.11:5672/
[database]
connection = mysql+pymysql://root:s3cret@127.0.0.1/cinder?charset=utf8
[keystone_authtoken]
password = s3cret hush-hush
memcache_secret_key=s3cret
username = cinder
[nfs]
volume_driver = vendor.module.Driver
San_Password: s3cret
nas_secure_file_operations = True
"""

LOG = "DEBUG cinder {'X-Auth-Token': 'x0ken', 'adminPass': \"hush-hush\"} volume-1 created\n"

_LOCAL_CONF = '[[local|localrc]]\nADMIN_PASSWORD="s3cret"\nNFS_MODE=secure\n'

_TESTS = """import unittest

class VolumesTest(unittest.TestCase):
    def test_good(self):
        pass

    def test_bad(self):
        self.fail('<b>expected</b> & password=s3cret {"adminPass": "s3cret hush-hush"}')

    def test_left(self):
        self.skipTest('the driver has no volumes for several servers')
"""


@dataclasses.dataclass(frozen=True)
class Host:
    """A host.

    :ivar root: its files.
    """

    root: pathlib.Path

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the host."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def have_all_run(self) -> None:
        """Make what devstack, tempest and nova-assist leave."""
        self.write('etc/cinder/cinder.conf', CINDER_CONF)
        self.write('etc/cinder/nfs_shares_nfs', '192.0.2.10:/srv/nfs1\n')
        self.write('etc/cinder/secret.key', 's3cret')
        self.write('devstack/local.conf', _LOCAL_CONF)
        self.write('var/log/cinder/c-vol.log', LOG)
        self.write('var/log/cinder/c-vol.log.1.gz', gzip.compress(LOG.encode()))
        self.write('reports/conformance.json', '{"findings": []}')
        self.write('reports/run/report.html', '<!DOCTYPE html><title>report</title>')
        self._make_share()
        self._run_tests()

    @property
    def share(self) -> pathlib.Path:
        """The mount of the share."""
        return self.root / 'mnt/0123abcd'

    def _make_share(self) -> None:
        self.write('mnt/0123abcd/volume-1', b'data' * 1024)
        self.write('mnt/0123abcd/volume-1.info', '{"active": "volume-1.2"}')
        overlay = ('-f', 'qcow2', '-F', 'raw', '-b', 'volume-1', 'volume-1.2')
        subprocess.run(['qemu-img', 'create', '-q', *overlay], cwd=self.share, check=True)
        (self.share / 'volume-1.2').chmod(0o660)

    def _run_tests(self) -> None:
        self.write('tempest/.stestr.conf', '[DEFAULT]\ntest_path=./tests\n')
        self.write('tempest/tests/__init__.py', '')
        self.write('tempest/tests/test_volumes.py', _TESTS)
        # One of them fails, so the exit code says nothing.
        subprocess.run([BIN / 'stestr', 'run'], cwd=self.root / 'tempest', capture_output=True)

    def variables(self) -> dict[str, Any]:
        """Return the places of this host, as the role wants them."""
        return {
            'nova_assist_become': False,
            'nova_assist_configuration': [
                f'{self.root}/etc/cinder/*.conf',
                f'{self.root}/etc/cinder/nfs_shares*',
                f'{self.root}/devstack/local.conf',
                f'{self.root}/etc/nowhere/*',
            ],
            'nova_assist_units': [],
            'nova_assist_logs': [f'{self.root}/var/log/cinder/*'],
            'nova_assist_tempest': f'{self.root}/tempest',
            'nova_assist_tempest_bin': str(BIN),
            'nova_assist_reports': f'{self.root}/reports',
            'nova_assist_shares': [f'{self.root}/mnt', f'{self.root}/nowhere'],
        }
