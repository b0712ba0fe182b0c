# SPDX-License-Identifier: Apache-2.0
"""The console guest: what it tells of its disks while things are done to them and to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from typing import Any

from console_guest.blocks import BLOCK_SIZE
from nova_assist.compute.glance.stand_ins import CONSOLE_GUEST
from tests.functional.compute_support import MIB, ComputeTest


class ConsoleTest(ComputeTest):
    """A server with the console guest and one volume, of which it tells."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.boot_console()
        self.volume = self.attach(self.server)
        self.base = f'volume-{self.volume}'

    def boot_console(self) -> str:
        server = self.nova().servers.create('s', image=CONSOLE_GUEST.id, flavor='1', nics='none')
        self.until_status(server.id, 'ACTIVE')
        return str(server.id)

    def console(self, length: int | None = None) -> str:
        return str(self.nova().servers.get_console_output(self.server, length))

    def told_of(self, volume_id: str, pattern: str) -> list[tuple[int, ...]]:
        """Return the numbers of all lines of a volume that match, oldest first."""
        line = rf'^nova-assist-guest: {volume_id[:20]} {pattern}$'
        return [
            tuple(int(number) for number in match.groups())
            for match in re.finditer(line, self.console(), re.MULTILINE)
        ]

    def found(self) -> list[tuple[int, ...]]:
        return self.told_of(self.volume, r'found (\d+) bad (\d+)')

    def wrote(self) -> int:
        return max((count for (count,) in self.told_of(self.volume, r'wrote (\d+)')), default=0)

    def boots(self) -> int:
        return self.console().count('nova-assist-guest: boot\n')

    def until_found(self, times: int) -> tuple[int, ...]:
        """Wait until a volume was found so often; return what was found last."""
        self.until(lambda: len(self.found()) >= times, f'the volume was found {times} times')
        return self.found()[-1]

    def until_more(self) -> int:
        """Wait until more was written than now; return how much."""
        before = self.wrote()
        self.until(lambda: self.wrote() > before, 'the guest writes')
        return self.wrote()

    def assert_found_whole(self, times: int, least: int) -> None:
        good, bad = self.until_found(times)
        self.assertEqual(bad, 0, self.console())
        self.assertGreaterEqual(good, least)

    def action(self, name: str, *arguments: Any) -> None:
        getattr(self.nova().servers, name)(self.server, *arguments)

    def head(self) -> bytes:
        """Return the head of the volume, as the base file has it."""
        return (self.share / self.base).read_bytes()[:BLOCK_SIZE]


class PowerTest(ConsoleTest):
    def test_an_empty_disk_is_found_empty_and_written(self) -> None:
        self.assertEqual(self.until_found(1), (0, 0))
        first = self.until_more()
        self.assertGreater(self.until_more(), first)
        self.assertEqual(self.boots(), 1)
        self.assertTrue(self.head().startswith(b'nova-assist head '))

    def test_all_is_found_again_after_stop_and_start(self) -> None:
        self.until_more()
        self.action('stop')
        self.until_status(self.server, 'SHUTOFF')
        wrote = self.wrote()
        self.action('start')
        self.until_status(self.server, 'ACTIVE')
        self.assert_found_whole(2, wrote)
        self.assertEqual(self.boots(), 2)
        self.until_more()

    def test_a_reboot_boots_again(self) -> None:
        for times, kind in enumerate(('SOFT', 'HARD'), 2):
            with self.subTest(kind):
                wrote = self.until_more()
                self.action('reboot', kind)
                self.assert_found_whole(times, wrote)
                self.until_status(self.server, 'ACTIVE')
                self.assertEqual(self.boots(), times)

    def test_a_paused_guest_writes_nothing_and_goes_on_afterwards(self) -> None:
        self.until_more()
        self.action('pause')
        self.until_status(self.server, 'PAUSED')
        head, said = self.head(), self.console()
        # The console itself shows that time passes: another server's guest goes on.
        other = self.boot_console()
        volume = self.attach(other)
        self.until(
            lambda: f'{volume[:20]} wrote' in self.nova().servers.get_console_output(other),
            'another guest writes',
        )
        self.assertEqual((self.head(), self.console()), (head, said))
        self.action('unpause')
        self.until_more()
        self.assertEqual((len(self.found()), self.boots()), (1, 1))

    def test_a_shelved_guest_boots_again(self) -> None:
        wrote = self.until_more()
        self.action('shelve')
        self.until_status(self.server, 'SHELVED_OFFLOADED')
        self.refused(409, self.console)
        self.action('unshelve')
        self.until_status(self.server, 'ACTIVE')
        self.assert_found_whole(2, wrote)

    def test_a_guest_goes_on_when_the_service_returns(self) -> None:
        wrote = self.until_more()
        self.compute.end(signal.SIGKILL)
        self.compute.start()
        self.assertGreater(self.until_more(), wrote)
        self.assertEqual((self.found(), self.boots()), ([(0, 0)], 1))

    def test_a_guest_dies_with_its_machine(self) -> None:
        wrote = self.until_more()
        os.kill(self.disks(self.server)[0]['pid'], signal.SIGKILL)
        self.until_status(self.server, 'SHUTOFF')
        self.assertNotIn('error', self.console())
        self.action('start')
        self.assert_found_whole(2, wrote)


class DiskTest(ConsoleTest):
    def test_a_disk_that_is_unplugged_is_gone(self) -> None:
        self.until_more()
        self.nova().volumes.delete_server_volume(self.server, self.volume)
        self.until(lambda: self.told_of(self.volume, 'gone'), 'the disk is gone')
        self.until(lambda: not self.disks(self.server), 'the volume is detached')
        self.assertEqual(self.told_of(self.volume, 'error .*'), [])
        wrote = self.wrote()
        self.nova().volumes.create_server_volume(self.server, self.volume)
        self.assert_found_whole(2, wrote)
        self.until_more()

    def test_snapshots_are_taken_and_merged_while_it_writes(self) -> None:
        assisted = self.nova('cinder:service', '2.1').assisted_volume_snapshots
        for name in ('s1', 's2'):
            self.until_more()
            self.snapshot(self.volume, name)
        self.until_more()
        info = {'volume_id': self.volume, 'type': 'qcow2'}
        assisted.delete('s1', {**info, 'file_to_merge': 's1', 'merge_target_file': self.base})
        self.assertEqual(self.told()[:2], ('s1', 'deleting'))
        self.until_more()
        assisted.delete('s2', {**info, 'file_to_merge': None, 'merge_target_file': None})
        self.assertEqual(self.told()[:2], ('s2', 'deleting'))
        wrote = self.until_more()
        self.action('reboot', 'HARD')
        self.assert_found_whole(2, wrote)

    def test_a_snapshot_holds_what_was_written_before(self) -> None:
        before = self.until_more()
        self.snapshot(self.volume, 's1')
        after = self.until_more()
        copy = self.cinder.add_volume()
        self.qemu_img('convert', '-O', 'raw', self.base, f'volume-{copy}')
        self.nova().volumes.create_server_volume(self.server, copy)
        found = self.until(
            lambda: self.told_of(copy, r'found (\d+) bad (\d+)'), 'the copy was found'
        )
        ((good, bad),) = found
        self.assertEqual(bad, 0)
        self.assertLessEqual(before, good)
        self.assertLessEqual(good, after)

    def test_a_grown_disk_goes_on(self) -> None:
        self.until_more()
        self.nova('admin:demo', '2.51').server_external_events.create(
            [{'name': 'volume-extended', 'server_uuid': self.server, 'tag': self.volume}]
        )
        self.until(lambda: self.disks(self.server)[0]['size'] == 1 << 30, 'the disk is larger')
        self.until_more()
        self.assertEqual(self.told_of(self.volume, 'error .*'), [])

    def test_a_small_disk_is_filled_to_a_quarter_and_goes_on_when_it_grows(self) -> None:
        volume = self.cinder.add_volume()
        self.qemu_img('create', '-f', 'raw', f'volume-{volume}', '64k')
        self.nova().volumes.create_server_volume(self.server, volume)
        self.until(lambda: len(self.told_of(volume, r'wrote (4)')) > 2, 'a quarter is written')
        self.nova().volumes.delete_server_volume(self.server, volume)
        self.until(lambda: self.told_of(volume, 'gone'), 'the disk is gone')
        told = len(self.told_of(volume, r'wrote (4)'))
        self.until(lambda: len(self.disks(self.server)) == 1, 'the volume is detached')
        self.nova().volumes.create_server_volume(self.server, volume)
        self.until(
            lambda: len(self.told_of(volume, r'wrote (4)')) > told, 'it is written to though full'
        )
        self.nova('admin:demo', '2.51').server_external_events.create(
            [{'name': 'volume-extended', 'server_uuid': self.server, 'tag': volume}]
        )
        self.until(lambda: self.told_of(volume, r'wrote ([5-9]|\d\d+)'), 'more is written')


class BadCaseTest(ConsoleTest):
    def stop(self) -> int:
        self.action('stop')
        self.until_status(self.server, 'SHUTOFF')
        return self.wrote()

    def test_a_disk_whose_overlay_was_thrown_away_has_fewer_records(self) -> None:
        self.until_more()
        self.snapshot(self.volume, 's1')
        self.until_more()
        wrote = self.stop()
        active = self.share / 's1'
        active.unlink()
        self.qemu_img('create', '-f', 'qcow2', '-b', self.base, '-F', 'raw', 's1')
        self.action('start')
        good, bad = self.until_found(2)
        self.assertLess(good, wrote)
        self.assertEqual(bad, 0)

    def test_a_record_that_is_lost_is_bad(self) -> None:
        self.until_more()
        wrote = self.stop()
        with open(self.share / self.base, 'r+b') as disk:
            disk.seek(BLOCK_SIZE)
            disk.write(bytes(BLOCK_SIZE))
        self.action('start')
        good, bad = self.until_found(2)
        self.assertEqual(bad, 1)
        self.assertGreaterEqual(good, wrote - 1)

    def test_a_write_that_fails_is_told(self) -> None:
        self.until_more()
        pid = self.disks(self.server)[0]['pid']
        self.snapshot(self.volume, 's1')
        # An overlay can't grow on a full disk; a limit on the size of files stands in for that.
        subprocess.run(('prlimit', '--pid', str(pid), f'--fsize={MIB // 4}'), check=True)
        self.until(lambda: self.told_of(self.volume, 'error .+'), 'the error is told')


class OutputTest(ConsoleTest):
    def test_the_last_lines_can_be_asked_for(self) -> None:
        self.until_more()
        self.assertEqual(len(self.console(3).split('\n')), 3)
        self.assertEqual(self.console(0), '')
        self.assertTrue(self.console(-1).startswith('nova-assist-guest: boot\n'))

    def test_a_length_that_is_none_is_refused(self) -> None:
        for length in (-2, 'x', 1.5):
            with self.subTest(length):
                self.refused(400, lambda length=length: self.console(length))

    def test_other_servers_say_nothing(self) -> None:
        self.server = self.boot()
        self.assertEqual(self.console(), '')

    def test_a_server_that_is_not_there_is_not_found(self) -> None:
        self.server = 'other'
        self.refused(404, self.console)
