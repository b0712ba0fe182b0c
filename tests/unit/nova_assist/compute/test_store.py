# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pathlib
import tempfile
import unittest

from nova_assist.compute import errors
from nova_assist.compute.model import DiskSource, ImageFormat
from nova_assist.compute.store import ServerStore
from tests.unit.nova_assist.compute import samples


class ServerStoreTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = ServerStore(self.folder)

    def test_a_server_read_back_after_a_restart_is_equal(self) -> None:
        server = samples.server()
        self.store.add(server)
        self.assertEqual(ServerStore(self.folder).get(server.id), server)

    def test_no_passphrase_is_in_its_file(self) -> None:
        server = samples.server()
        disk = server.attachments[0]
        disk.passphrase = 'c0ffee'
        disk.source = DiskSource('/base/file', ImageFormat.LUKS, 'c0ffee')
        self.store.add(server)
        self.assertNotIn('c0ffee', (self.folder / f'{server.id}.json').read_text())
        (read,) = ServerStore(self.folder).all()
        self.assertIsNone(read.attachments[0].passphrase)
        self.assertEqual(DiskSource('/base/file', ImageFormat.LUKS), read.attachments[0].source)

    def test_a_server_deleted_meanwhile_is_not_brought_back_by_saving_it(self) -> None:
        server = samples.server()
        self.store.add(server)
        self.store.delete(server)
        self.store.save(server)
        self.assertIsNone(self.store.get(server.id))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_half_written_file_of_a_killed_process_is_passed_over(self) -> None:
        self.store.add(samples.server())
        (self.folder / 'other.new').write_text('{"id"')
        self.assertEqual(len(ServerStore(self.folder).all()), 1)

    def test_a_damaged_record_is_named(self) -> None:
        damaged = self.folder / 'x.json'
        damaged.write_text('{"id": "x"}')
        with self.assertRaisesRegex(errors.StateError, str(damaged)):
            ServerStore(self.folder)

    def test_the_holders_of_a_volume_are_all_servers_that_have_it(self) -> None:
        first, second = samples.server(), samples.server(id='second')
        self.store.add(first)
        self.store.add(second)
        self.assertEqual(self.store.holders(samples.VOLUME_ID), [first, second])
        self.assertEqual(self.store.holders('unknown'), [])
