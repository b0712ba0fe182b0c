# SPDX-License-Identifier: Apache-2.0
"""The compute service's command where it can't start."""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

from nova_assist.compute.credentials import PASSWORD

WAIT_SECONDS = 30


class CommandTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_command(
        self, port: int, *further: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (
                *(sys.executable, '-m', 'nova_assist.compute', str(self.folder)),
                *('--port', str(port), '--cinder-url', 'http://127.0.0.1:1/v3'),
                *('--mount-base', str(self.folder), *further),
            ),
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
        )

    def assert_refused(self, result: subprocess.CompletedProcess[str], words: str) -> None:
        self.assertEqual((result.returncode, result.stdout), (2, ''), result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(words, result.stderr)

    def test_a_port_in_use_is_one_clear_line(self) -> None:
        with socket.create_server(('127.0.0.1', 0)) as other:
            port = other.getsockname()[1]
            result = self.run_command(port)
        self.assert_refused(result, f'can not listen on 127.0.0.1 port {port}: it is in use')

    def test_a_missing_storage_daemon_names_the_package(self) -> None:
        self.assert_refused(self.run_command(0, PATH='/nowhere'), 'qemu-system-common')

    def test_a_missing_password_names_its_variable(self) -> None:
        for found in ({}, {PASSWORD: ''}):
            result = self.run_command(0, '--identity-url', 'http://127.0.0.1:1/v3', **found)
            self.assert_refused(result, f'set the environment variable {PASSWORD}')

    def test_a_damaged_record_is_named(self) -> None:
        damaged = self.folder / 'servers' / 'x.json'
        damaged.parent.mkdir()
        damaged.write_text('{')
        self.assert_refused(self.run_command(0), str(damaged))
