# SPDX-License-Identifier: Apache-2.0
import hashlib
import pathlib
import subprocess
import tempfile
import unittest

from tempest_plugin import errors
from tempest_plugin.data import protocol, ssh_guest
from tempest_plugin.data.protocol import Failed, Found, Gone, Wrote
from tempest_plugin.data.ssh_guest import SshGuest
from tests.unit.tempest_plugin.support import VOLUME

SCRIPT = pathlib.Path(ssh_guest.__file__).with_name('guest.sh')
BLOCK = 4096
STAMP = '00112233aabbccdd'


def block(kind, number, stamp=STAMP):
    """Return a block of the guests' format, made another way than the script makes it."""
    text = f'nova-assist {kind} {stamp} {number:012} '
    line = f'{text}{hashlib.sha256(text.encode()).hexdigest()}'.ljust(127) + '\n'
    return line.encode() * 32


class ScriptTest(unittest.TestCase):
    """The script on a file instead of a disk, whose quarter holds a few records."""

    records = 6

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.disk = pathlib.Path(folder.name, 'disk')
        self.disk.write_bytes(b'')
        with self.disk.open('r+b') as disk:
            disk.truncate(4 * BLOCK * self.records)

    def run_script(self):
        done = subprocess.run(
            ['sh', SCRIPT, self.disk, 'SERIAL'], capture_output=True, text=True, timeout=60
        )
        return protocol.parse(done.stdout)

    def put(self, *blocks):
        with self.disk.open('r+b') as disk:
            for number, data in blocks:
                disk.seek(number * BLOCK)
                disk.write(data)

    def test_new_disk_is_filled_to_a_quarter(self):
        heard = self.run_script()
        self.assertEqual(Found('SERIAL', 0, 0), heard[0])
        self.assertEqual(Wrote('SERIAL', self.records), heard[-1])
        data = self.disk.read_bytes()
        stamp = data[17:33].decode()
        self.assertEqual(block('head', self.records, stamp), data[:BLOCK])
        for number in range(1, self.records + 1):
            found = data[number * BLOCK : (number + 1) * BLOCK]
            self.assertEqual(block('record', number, stamp), found)
        self.assertFalse(data[(self.records + 1) * BLOCK :].strip(b'\0'))

    def test_good_disk_is_gone_on_with(self):
        self.put((0, block('head', 3)), *((n, block('record', n)) for n in (1, 2, 3)))
        heard = self.run_script()
        self.assertEqual(Found('SERIAL', 3, 0), heard[0])
        self.assertEqual(Wrote('SERIAL', self.records), heard[-1])
        self.assertEqual(
            block('record', 4), self.disk.read_bytes()[4 * BLOCK : 5 * BLOCK], 'stamp was kept'
        )

    def test_bad_records_are_counted(self):
        good = block('record', 2)
        for why, bad in (
            ('nothing', bytes(BLOCK)),
            ('another number', block('record', 3)),
            ('another stamp', block('record', 2, 'f' * 16)),
            ('a head', block('head', 2)),
            ('half of it', good[: BLOCK // 2] + bytes(BLOCK // 2)),
            ('a wrong sum', good.replace(good[49:53], b'0000')),
            ('one changed line', good[:-10] + b'x' * 9 + b'\n'),
        ):
            with self.subTest(why):
                self.put((0, block('head', 3)), (1, block('record', 1)), (2, bad))
                self.put((3, block('record', 3)))
                self.assertEqual(Found('SERIAL', 1, 1), self.run_script()[0])

    def test_bad_head_counts_and_all_begins_anew(self):
        self.put((0, b'x' * BLOCK), (1, block('record', 1)))
        heard = self.run_script()
        self.assertEqual(Found('SERIAL', 0, 1), heard[0])
        self.assertEqual(Wrote('SERIAL', self.records), heard[-1])


class Here:
    """Stands for a guest that somebody is logged in to; it runs nothing but what only looks."""

    def __init__(self, serials=(), log=''):
        self.serials = list(serials)
        self.log = log
        self.commands = []

    def exec_command(self, command):
        """Answer."""
        self.commands.append(command)
        if command.startswith('grep'):
            return '\n'.join(f'/sys/block/{device}/serial' for device in self.serials)
        return self.log if command.startswith('cat') else ''


class SshGuestTest(unittest.TestCase):
    def test_script_is_started_on_the_disk_of_the_volume(self):
        here = Here(['vdb'])
        SshGuest(here, 'server', seconds=0.1, pause=0).prepare(VOLUME)
        self.assertIn(VOLUME[:20], here.commands[0])
        self.assertIn(f'/dev/vdb {VOLUME[:20]}', here.commands[-1])

    def test_two_disks_of_one_serial_are_refused(self):
        seen = SshGuest(Here(['vdb', 'vdc']), 'server', seconds=0.1, pause=0)
        with self.assertRaisesRegex(errors.GuestFailed, 'more than once'):
            seen.prepare(VOLUME)

    def test_what_the_script_said_is_heard(self):
        log = ''.join(
            f'nova-assist-guest: {VOLUME[:20]} {line}\n' for line in ('found 0 bad 0', 'gone')
        )
        seen = SshGuest(Here(log=log), 'server', seconds=0.1, pause=0)
        self.assertEqual((Found(VOLUME[:20], 0, 0), Gone(VOLUME[:20])), seen.mark())
        self.assertNotIn(Failed, map(type, seen.mark()))
