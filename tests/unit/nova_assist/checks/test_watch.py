# SPDX-License-Identifier: Apache-2.0
"""What the watcher sees between two looks, however short it is."""

import itertools
import os
import pathlib
import time

import psutil

from nova_assist.checks import errors
from nova_assist.checks.watch import WatchJudge
from tests.unit.nova_assist.checks.shares import ENVIRONMENT, FILE, ShareCase

TIMES = 50
QUEUE = pathlib.Path('/proc/sys/fs/inotify/max_queued_events')


class WatchTest(ShareCase):
    def setUp(self):
        super().setUp()
        # On the processor of who makes the files, the watcher runs first; on another one, it
        # depends on what else this machine is busy with.
        allowed = os.sched_getaffinity(0)
        self.addCleanup(os.sched_setaffinity, 0, allowed)
        os.sched_setaffinity(0, {min(allowed)})
        self.watch = WatchJudge(self.share, self.ownership, None, ENVIRONMENT)
        self.addCleanup(self.watch.close)

    def faults(self, **changes):
        return [finding.fault for finding in self.found(self.watch, **changes)]

    def test_files_that_are_as_they_should_be(self):
        made = self.make(f'{FILE}.tmp')
        made.write_bytes(b'x')
        made.rename(self.share / f'{FILE}.s1')
        self.assertEqual([], self.faults())

    def test_file_that_is_open_to_others_for_a_millisecond_each_time(self):
        preempts = os.geteuid() == 0  # or else whoever makes the file may run on meanwhile
        for number in range(TIMES):
            path = self.make(f'{FILE}.{number}', 0o644)
            until = time.monotonic() + (0.001 if preempts else 0.02)
            while time.monotonic() < until:
                pass
            path.chmod(0o660)
        faults = self.faults()
        self.assertEqual(TIMES, len(faults), faults)
        self.assertEqual(
            f'{FILE}.0, between two looks, was mode 0644, expected 0660 (at CREATE)', faults[0]
        )

    def test_mode_that_changes_and_changes_back(self):
        (self.share / FILE).chmod(0o666)
        self.assertEqual(
            [f'{FILE}, between two looks, was mode 0666, expected 0660 (at ATTRIB)'], self.faults()
        )
        (self.share / FILE).chmod(0o660)
        self.assertEqual([], self.faults())

    def test_each_way_of_a_file_is_told_once(self):
        path = self.make(f'{FILE}.s1', 0o600)
        for _ in range(3):
            path.write_bytes(b'x')
        self.assertEqual(1, len(self.faults()))

    def test_file_that_comes_under_another_name(self):
        path = self.make('elsewhere', 0o640)
        path.rename(self.share / f'{FILE}.s1')
        self.assertIn('was mode 0640, expected 0660 (at MOVED_TO)', self.faults()[0])

    def test_files_that_are_no_volume_s(self):
        for name in ('.nfs00000000000000', '.probe', 'lost+found'):
            self.make(name, 0o644)
        self.assertEqual([], self.faults())

    def test_files_that_were_there_before(self):
        self.make(f'{FILE}.old', 0o644)
        self.assertEqual([], self.faults(ignored=frozenset({f'{FILE}.old'})))

    def test_share_that_goes_away(self):
        for path in self.share.iterdir():
            path.unlink()
        self.share.rmdir()
        self.addCleanup(self.share.mkdir)
        with self.assertRaisesRegex(errors.CheckError, 'may have missed .*folder is gone'):
            self.faults()

    def test_more_events_than_the_kernel_keeps(self):
        watcher = psutil.Process().children()[-1]
        watcher.suspend()
        paths = itertools.cycle([self.share / FILE, self.make(f'{FILE}.s1')])
        for path in itertools.islice(paths, int(QUEUE.read_text()) + 1):
            path.chmod(0o660)
        watcher.resume()
        with self.assertRaisesRegex(errors.CheckError, 'may have missed .*more events than'):
            self.faults()
        self.assertEqual([], self.faults())

    def test_watcher_that_was_killed(self):
        psutil.Process().children()[-1].kill()
        with self.assertRaisesRegex(errors.CheckError, 'watch_process ended: it was killed'):
            self.faults()


class NoShareTest(ShareCase):
    def test_share_that_can_not_be_watched(self):
        with self.assertRaisesRegex(errors.CompanionError, 'No such file or directory'):
            WatchJudge(self.share / 'no', self.ownership, None, ENVIRONMENT)
