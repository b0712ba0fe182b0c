# SPDX-License-Identifier: Apache-2.0
"""The compute service as a process, against a Cinder reduced to what the service asks of it.

The reduced Cinder lets a test decide what Cinder answers and see what it was told; how both real
services work together is shown elsewhere, in the embedded cloud.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from keystoneauth1 import session, token_endpoint
from novaclient import client as nova_client
from novaclient import exceptions as nova_exceptions

WAIT_SECONDS = 30
SHARE = 'localhost:/share'
MIB = 1 << 20


class FakeCinder:
    """Attachments, volumes and snapshots in memory.

    :ivar told: what was told of snapshots, oldest first: (snapshot, status, progress, token).
    :ivar finish: called with a snapshot's id when it was told to be done; returns its new status.
    :ivar detaching: the volumes that are being detached.
    :ivar origins: of which volumes the snapshots are.
    :ivar made: called with the id of a volume that a client makes.
    """

    def __init__(self) -> None:
        self.volumes: dict[str, dict[str, Any]] = {}
        self.connections: dict[str, dict[str, str]] = {}
        self.attachments: dict[str, str] = {}
        self.holders: dict[str, str] = {}
        self.origins: dict[str, str] = {}
        self.made: Callable[[str], None] = lambda volume_id: None
        self.snapshots: dict[str, str] = {}
        self.told: queue.Queue[tuple[str, str, str, str]] = queue.Queue()
        self.detaching: set[str] = set()
        self.finish: Callable[[str], str] = lambda snapshot_id: 'available'
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get('Content-Length', 0))
                body = json.loads(self.rfile.read(length) or b'null')
                token = self.headers['X-Auth-Token']
                status, answer = fake.answer(self.command, self.path, body, token)
                content = b'' if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f'http://127.0.0.1:{self._server.server_port}/v3'

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add_volume(self, **changes: Any) -> str:
        volume_id = str(uuid.uuid4())
        self.volumes[volume_id] = {
            **{'id': volume_id, 'size': 1, 'status': 'available', 'multiattach': False},
            'bootable': 'true',
            **changes,
        }
        self.connections[volume_id] = {'name': f'volume-{volume_id}', 'format': 'raw'}
        return volume_id

    def answer(self, method: str, path: str, body: Any, token: str) -> tuple[int, Any]:
        if path == '/':
            return 300, {'versions': [{'id': 'v3.0', 'version': '3.71'}]}
        if '?' in path:
            return self._of_server(path.rpartition('instance_id=')[2])
        kind, item, action = re.fullmatch(r'/v3/(\w+)(?:/([^/]+))?(?:/(action))?', path).groups()  # type: ignore[union-attr]
        if kind == 'snapshots':
            return self._snapshot(item, body, token)
        if kind == 'volumes':
            return self._volume(method, item, body)
        return self._attachment(method, item, body, action)

    def _volume(self, method: str, volume_id: str, body: Any) -> tuple[int, Any]:
        if volume_id is None:
            volume_id = self.add_volume(**body['volume'])
            self.made(volume_id)
            return 202, {'volume': self.volumes[volume_id]}
        if volume_id not in self.volumes:
            return 404, {'itemNotFound': {'code': 404, 'message': 'no such volume'}}
        if method == 'DELETE':
            del self.volumes[volume_id]
            return 202, None
        if body is None:
            return 200, {'volume': self.volumes[volume_id]}
        if 'os-begin_detaching' in body:
            self.detaching.add(volume_id)
        else:
            self.detaching.discard(volume_id)
        return 202, None

    def _snapshot(self, snapshot_id: str, body: Any, token: str) -> tuple[int, Any]:
        if body is None:
            status = self.snapshots.get(snapshot_id)
            if status is None:
                return 404, {'itemNotFound': {'code': 404, 'message': 'no such snapshot'}}
            view = {'id': snapshot_id, 'status': status, 'size': 1}
            return 200, {'snapshot': {**view, 'volume_id': self.origins.get(snapshot_id)}}
        told = body['os-update_snapshot_status']
        if told['status'] == 'creating':
            self.snapshots[snapshot_id] = self.finish(snapshot_id)
        self.told.put((snapshot_id, told['status'], told['progress'], token))
        return 202, None

    def _of_server(self, server_id: str) -> tuple[int, Any]:
        found = [
            {'id': item}
            for item, volume_id in self.attachments.items()
            if self.holders.get(volume_id) == server_id
        ]
        return 200, {'attachments': found}

    def _attachment(self, method: str, item: str, body: Any, action: str) -> tuple[int, Any]:
        if method == 'POST' and action is None:
            volume_id = body['attachment']['volume_uuid']
            volume, server_id = self.volumes[volume_id], body['attachment']['instance_uuid']
            if volume['status'] != 'available' and self.holders.get(volume_id) != server_id:
                return 400, {'badRequest': {'code': 400, 'message': 'volume is not available'}}
            volume['status'] = 'reserved'
            self.holders[volume_id] = server_id
            item = str(uuid.uuid4())
            self.attachments[item] = volume_id
            return 200, {'attachment': {'id': item}}
        if item not in self.attachments:
            return 404, {'itemNotFound': {'code': 404, 'message': 'no such attachment'}}
        volume_id = self.attachments[item]
        if method == 'DELETE':
            del self.attachments[item]
            if volume_id not in self.attachments.values():
                self.volumes[volume_id]['status'] = 'available'
            return 200, {'attachments': []}
        if action is not None:
            self.volumes[volume_id]['status'] = 'in-use'
            return 204, None
        connection = {'driver_volume_type': 'nfs', 'export': SHARE}
        connection.update(self.connections[volume_id])
        return 200, {'attachment': {'id': item, 'connection_info': connection}}


class ComputeProcess:
    """``python -m nova_assist.compute``, started and ended by the test."""

    def __init__(self, folder: pathlib.Path, cinder_url: str, mount_base: pathlib.Path) -> None:
        self._log = folder.with_name(folder.name + '.log')
        self._arguments = (
            *(sys.executable, '-m', 'nova_assist.compute', str(folder), '--port', '0'),
            *('--cinder-url', cinder_url, '--mount-base', str(mount_base), '--share-is-local'),
        )
        self.start()

    def start(self) -> None:
        with open(self._log, 'a', encoding='utf-8') as log:
            self._process = subprocess.Popen(
                self._arguments, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith('ready '):
            raise AssertionError(f'compute did not start: {self.log()}')
        self.url = line.split()[1]

    def end(self, number: int = signal.SIGTERM) -> int:
        self._process.send_signal(number)
        code = self._process.wait(WAIT_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def log(self) -> str:
        return self._log.read_text(encoding='utf-8')


class ComputeTest(unittest.TestCase):
    """A compute service, a reduced Cinder, a local share, and a client."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.share = self.folder / 'mnt' / hashlib.md5(SHARE.encode()).hexdigest()
        self.share.mkdir(parents=True)
        self.cinder = FakeCinder()
        self.addCleanup(self.cinder.close)
        self.compute = ComputeProcess(
            self.folder / 'compute', self.cinder.url, self.folder / 'mnt'
        )
        self.addCleanup(self.clean_up)

    def clean_up(self) -> None:
        """Delete all servers, which ends their daemons, and the service."""
        if self.compute.ended:
            self.compute.start()
        nova = self.nova()
        for server in nova.servers.list():
            server.delete()
        self.until(lambda: not nova.servers.list(), 'all servers are gone')
        self.assertEqual(self.compute.end(), 0)

    def nova(self, token: str = 'admin:demo', version: str = '2.89') -> Any:
        auth = token_endpoint.Token(self.compute.url, token)
        return nova_client.Client(version, session=session.Session(auth=auth))

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            result = condition()
            if result:
                return result
            if time.monotonic() > deadline:
                self.fail(f'not in time: {what}\n{self.compute.log()}')
            time.sleep(0.01)

    def boot(self) -> str:
        server = self.nova().servers.create('s', image='', flavor='1', nics='none')
        self.until_status(server.id, 'ACTIVE')
        return str(server.id)

    def until_status(self, server_id: str, status: str) -> Any:
        def reached() -> Any:
            server = self.nova().servers.get(server_id)
            settled = getattr(server, 'OS-EXT-STS:task_state') is None
            return server if settled and server.status == status else None

        return self.until(reached, f'server {server_id} is {status}')

    def attach(self, server_id: str) -> str:
        """Make a volume of 64 MiB and attach it."""
        volume_id = self.cinder.add_volume()
        self.qemu_img('create', '-f', 'raw', f'volume-{volume_id}', '64M')
        self.nova().volumes.create_server_volume(server_id, volume_id)
        self.until(
            lambda: self.cinder.volumes[volume_id]['status'] == 'in-use', 'volume is in use'
        )
        return volume_id

    def qemu_img(self, *arguments: str) -> str:
        return subprocess.run(
            ('qemu-img', *arguments), cwd=self.share, check=True, capture_output=True, text=True
        ).stdout

    def disks(self, server_id: str) -> list[dict[str, Any]]:
        url = self.compute.url.removesuffix('/v2.1')
        answer = requests.get(
            f'{url}/assist/servers/{server_id}/disks', headers={'X-Auth-Token': 'admin:demo'}
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        return list(answer.json()['disks'])

    def chain(self, server_id: str) -> list[str]:
        return [os.path.basename(node['file']) for node in self.disks(server_id)[0]['chain']]

    def make_overlay(self, volume_id: str, name: str) -> dict[str, str]:
        """Make what Cinder makes before it asks for a snapshot; return the request's body."""
        active = self.cinder.connections[volume_id]
        self.qemu_img(
            *('create', '-f', 'qcow2', '-b', active['name'], '-F', active['format'], name)
        )
        self.cinder.snapshots[name] = 'creating'
        return {'snapshot_id': name, 'type': 'qcow2', 'new_file': name}

    def snapshot(self, volume_id: str, name: str) -> None:
        """Do all of a snapshot, as Cinder does it."""
        info = self.make_overlay(volume_id, name)

        def finish(snapshot_id: str) -> str:
            self.cinder.connections[volume_id] = {'name': name, 'format': 'qcow2'}
            return 'available'

        self.cinder.finish = finish
        self.nova('cinder:service', '2.1').assisted_volume_snapshots.create(volume_id, info)
        self.assertEqual(self.told(), (name, 'creating', '90%', 'cinder:service'))

    def told(self) -> tuple[str, str, str, str]:
        """Return the next call-back."""
        return self.cinder.told.get(timeout=WAIT_SECONDS)

    def refused(self, code: int, call: Callable[[], Any]) -> str:
        """Make a call that has to be refused with a code; return the message."""
        with self.assertRaises(nova_exceptions.ClientException) as caught:
            call()
        self.assertEqual(caught.exception.code, code, caught.exception)
        return str(caught.exception.message)
