# SPDX-License-Identifier: Apache-2.0
"""The compute service with a real Cinder and Cinder's own NFS driver."""

from __future__ import annotations

import os
import pathlib
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable
from typing import Any

import requests
from cinderclient import exceptions as cinder_exceptions

from nova_assist.cloud.cloud import Cloud

WAIT_SECONDS = 60
DRIVER = 'cinder.volume.drivers.nfs.NfsDriver'
OPTIONS = {'nas_secure_file_operations': 'false', 'nas_secure_file_permissions': 'false'}


class CloudTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cloud = Cloud(pathlib.Path(folder.name), driver=DRIVER, options=OPTIONS)
        self.cloud.start()
        self.addCleanup(self.cloud.stop)
        self.cinder = self.cloud.cinderclient()
        self.nova = self.cloud.novaclient(version='2.89')

    def until(self, condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline, f'not in time: {what}')
            time.sleep(0.05)

    def until_status(self, manager: Any, item: str, status: str) -> None:
        self.until(lambda: manager.get(item).status == status, f'{item} is {status}')

    def disk(self) -> dict[str, Any]:
        url = self.nova.client.get_endpoint().removesuffix('/v2.1')
        headers = {'X-Auth-Token': 'admin:demo'}
        answer = requests.get(f'{url}/assist/servers/{self.server}/disks', headers=headers)
        return dict(answer.json()['disks'][0])

    def chain(self) -> list[str]:
        return [os.path.basename(node['file']) for node in self.disk()['chain']]

    def io(self, command: str) -> str:
        disk = self.disk()
        return subprocess.run(
            (
                *('qemu-io', '-f', 'raw', '-c', command),
                f'nbd+unix:///{disk["export"]}?socket={disk["nbd_socket"]}',
            ),
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def snapshot(self) -> str:
        made = self.cinder.volume_snapshots.create(self.volume, force=True)
        self.until_status(self.cinder.volume_snapshots, made.id, 'available')
        return str(made.id)

    def delete_snapshot(self, snapshot_id: str) -> None:
        def gone() -> bool:
            try:
                self.cinder.volume_snapshots.get(snapshot_id)
            except cinder_exceptions.NotFound:
                return True
            return False

        self.cinder.volume_snapshots.delete(snapshot_id)
        self.until(gone, f'snapshot {snapshot_id} is gone')

    def test_a_volume_is_attached_snapshotted_merged_and_detached(self) -> None:
        self.server = self.nova.servers.create('s', image='', flavor='1', nics='none').id
        self.until_status(self.nova.servers, self.server, 'ACTIVE')
        self.volume = self.cinder.volumes.create(1, volume_type='raw').id
        self.until_status(self.cinder.volumes, self.volume, 'available')
        self.nova.volumes.create_server_volume(self.server, self.volume)
        self.until_status(self.cinder.volumes, self.volume, 'in-use')
        base = f'volume-{self.volume}'
        self.io('write -P 1 0 1M')
        older = self.snapshot()
        self.io('write -P 2 1M 1M')
        newer = self.snapshot()
        self.assertEqual(self.chain(), [f'{base}.{newer}', f'{base}.{older}', base])
        self.delete_snapshot(older)
        self.assertEqual(self.chain(), [f'{base}.{newer}', base])
        self.delete_snapshot(newer)
        self.assertEqual(self.chain(), [f'{base}.{newer}'])
        for command in ('read -P 1 0 1M', 'read -P 2 1M 1M'):
            self.assertNotIn('verification failed', self.io(command))
        self.nova.volumes.delete_server_volume(self.server, self.volume)
        self.until_status(self.cinder.volumes, self.volume, 'available')
