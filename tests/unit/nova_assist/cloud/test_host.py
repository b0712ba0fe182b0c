# SPDX-License-Identifier: Apache-2.0
"""What the machine may lack: a program, a free port, a free folder."""

import os
import pathlib
import socket
import tempfile
import unittest
from unittest import mock

from nova_assist.cloud import host
from nova_assist.cloud.errors import FolderError, MissingToolError, PortInUseError


class HostTest(unittest.TestCase):
    def test_missing_qemu_is_named_with_its_package(self):
        with (
            mock.patch.dict(os.environ, PATH='/no/such/folder'),
            self.assertRaisesRegex(MissingToolError, 'qemu-img .*apt install qemu-utils'),
        ):
            host.check_tools()

    def test_each_program_of_qemu_is_looked_for(self):
        for missing in ('qemu-img', 'qemu-io', 'qemu-storage-daemon'):
            with self.subTest(missing), tempfile.TemporaryDirectory() as programs:
                for tool in {'qemu-img', 'qemu-io', 'qemu-storage-daemon'} - {missing}:
                    pathlib.Path(programs, tool).symlink_to('/bin/true')
                with (
                    mock.patch.dict(os.environ, PATH=programs),
                    self.assertRaisesRegex(MissingToolError, f'{missing} .*apt install qemu-'),
                ):
                    host.check_tools()

    def test_any_free_port_is_another_for_each(self):
        ports = host.choose_ports({'cinder': 0, 'compute': 0})
        self.assertEqual(2, len(set(ports.values())))

    def test_any_free_port_is_none_that_a_client_may_get(self):
        first = int(pathlib.Path('/proc/sys/net/ipv4/ip_local_port_range').read_text().split()[0])
        if first <= 10000:
            self.skipTest(f'this machine gives ports to clients from {first} on')
        self.assertLess(host.choose_ports({'cinder': 0})['cinder'], first)

    def test_port_in_use_is_named(self):
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
            with self.assertRaisesRegex(PortInUseError, f'compute cannot listen on .*:{port}: '):
                host.choose_ports({'cinder': 0, 'compute': port})

    def test_same_port_for_both(self):
        free = host.choose_ports({'cinder': 0})['cinder']
        with self.assertRaises(PortInUseError):
            host.choose_ports({'cinder': free, 'compute': free})

    def test_folder_is_free_again_when_it_is_given_back(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name, 'cloud')
            claim = host.claim_folder(folder)
            with self.assertRaisesRegex(FolderError, f'another cloud runs in {folder}'):
                host.claim_folder(folder)
            os.close(claim)
            os.close(host.claim_folder(folder))
            self.assertEqual([], list(folder.iterdir()))

    def test_folder_that_can_not_be_made(self):
        with self.assertRaisesRegex(FolderError, 'cannot keep a cloud in /proc/cloud'):
            host.claim_folder(pathlib.Path('/proc/cloud'))

    def test_versions_name_what_matters(self):
        found = host.versions()
        self.assertLessEqual({'cinder', 'os-brick', 'qemu-img', 'python', 'kernel'}, set(found))
        self.assertRegex(found['qemu-img'], r'^\d+\.\d+')
