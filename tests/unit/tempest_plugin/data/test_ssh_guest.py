# SPDX-License-Identifier: Apache-2.0
import hashlib
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

from console_guest import protocol
from console_guest.protocol import Failed, Found, Gone, Wrote
from tempest_plugin import errors
from tempest_plugin.data import ssh_guest
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

    def setUp(self):
        self.take_disk(6)

    def take_disk(self, records):
        """Have a disk whose quarter holds so many records."""
        self.records = records
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.disk = pathlib.Path(folder.name, 'disk')
        self.unplugged = self.disk.with_name('unplugged')
        self.disk.write_bytes(b'')
        with self.disk.open('r+b') as disk:
            disk.truncate(4 * BLOCK * self.records)

    def run_script(self, until):
        """Return what the script says until that; then the disk is unplugged, as it was."""
        heard = []
        command = ['sh', SCRIPT, self.disk, 'SERIAL']
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as script:
            late = threading.Timer(60, script.kill)
            late.start()
            for line in script.stdout:
                heard += protocol.parse(line)
                if self.disk.exists() and until(heard):
                    self.disk.rename(self.unplugged)
            late.cancel()
        self.assertEqual(Gone('SERIAL'), heard.pop())
        self.unplugged.rename(self.disk)
        return heard

    def full(self, heard):
        """Tell whether the script has said that the disk is full."""
        return heard[-1] == Wrote('SERIAL', self.records)

    def put(self, *blocks):
        with self.disk.open('r+b') as disk:
            for number, data in blocks:
                disk.seek(number * BLOCK)
                disk.write(data)

    def test_new_disk_is_filled_to_a_quarter(self):
        heard = self.run_script(self.full)
        self.assertEqual(Found('SERIAL', 0, 0), heard[0])
        data = self.disk.read_bytes()
        stamp = data[17:33].decode()
        self.assertEqual(block('head', self.records, stamp), data[:BLOCK])
        for number in range(1, self.records + 1):
            found = data[number * BLOCK : (number + 1) * BLOCK]
            self.assertEqual(block('record', number, stamp), found)
        self.assertFalse(data[(self.records + 1) * BLOCK :].strip(b'\0'))

    def test_good_disk_is_gone_on_with(self):
        self.put((0, block('head', 3)), *((n, block('record', n)) for n in (1, 2, 3)))
        heard = self.run_script(self.full)
        self.assertEqual(Found('SERIAL', 3, 0), heard[0])
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
                self.assertEqual([Found('SERIAL', 1, 1)], self.run_script(bool))

    def test_bad_head_counts_and_all_begins_anew(self):
        self.put((0, b'x' * BLOCK), (1, block('record', 1)))
        heard = self.run_script(self.full)
        self.assertEqual(Found('SERIAL', 0, 1), heard[0])

    def test_full_disk_is_still_told_of(self):
        full = Wrote('SERIAL', self.records)
        heard = self.run_script(lambda heard: heard.count(full) == 3)
        self.assertEqual([full] * 3, heard[-3:])

    def test_no_more_than_ten_records_a_second_are_written(self):
        self.take_disk(40)
        began = time.monotonic()
        heard = self.run_script(lambda heard: len(heard) > 2)
        self.assertLessEqual(heard[-1].records, 10 * (time.monotonic() - began) + 1)

    def test_many_records_are_read_but_for_the_bad_one(self):
        self.take_disk(6000)
        self.put((0, block('head', 6000)), *((n, block('record', n)) for n in range(1, 6001)))
        self.put((5000, block('record', 1)))
        self.assertEqual([Found('SERIAL', 4999, 1)], self.run_script(bool))


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
