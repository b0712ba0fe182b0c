# SPDX-License-Identifier: Apache-2.0
"""What waits for a share keeps nobody else waiting where Cinder runs under eventlet.

Each case is a process of its own, as only that can be patched for eventlet. A share that takes
long is played by a lock that another greenthread lets go of: if that doesn't go on meanwhile,
neither does anything else.
"""

import subprocess
import sys
import textwrap
import threading
import unittest

from driver import native
from tests.unit.driver.test_access import FolderCase

_BEGINNING = """
import contextlib, eventlet
eventlet.monkey_patch()
import fcntl, os, pathlib, sys, threading
from driver import access, durable, layout, native, raw, volumes, wrapping

folder = pathlib.Path(sys.argv[1])
maker = access.FileMaker(0o660)
files = layout.Layout(folder, 'volume')

gate = os.open(folder.parent / 'gate', os.O_CREAT | os.O_RDWR)
fcntl.flock(gate, fcntl.LOCK_EX)

def wait():
    other = os.open(folder.parent / 'gate', os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    os.close(other)

def others():
    print('another goes on')
    fcntl.flock(gate, fcntl.LOCK_UN)

def slow_at(name):
    real = getattr(os, name)
    def call(*given, **named):
        wait()
        return real(*given, **named)
    setattr(os, name, call)

eventlet.spawn(others)
"""


class NativeTest(FolderCase):
    def setUp(self):
        super().setUp()
        self.share = self.folder / 'share'
        self.share.mkdir()

    def play(self, *lines):
        """Return what a process has said, on its standard output and the other one."""
        code = '\n'.join([_BEGINNING, *map(textwrap.dedent, lines)])
        command = [sys.executable, '-W', 'ignore', '-c', code, str(self.share)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return ended.stdout.splitlines(), ended.stderr

    def assert_others_go_on(self, *lines):
        said, failure = self.play(*lines)
        self.assertEqual((['another goes on'], ''), (said, failure))

    def test_others_go_on_while_one_waits(self):
        self.assert_others_go_on('assert native.waiting(lambda: wait() or 7)() == 7')

    def test_what_goes_wrong_comes_to_who_has_waited(self):
        said, failure = self.play(
            """
            try:
                native.waiting(os.unlink)(folder / 'missing')
            except FileNotFoundError:
                print('told')
            """
        )
        self.assertEqual((['another goes on', 'told'], ''), (said, failure))

    def test_others_go_on_while_a_share_takes_long_for_a_large_file(self):
        for slow, call in (
            ('fsync', "durable.sync_file(folder / 'file')"),
            ('fsync', "durable.publish(folder / 'file', folder / 'volume')"),
            ('fsync', "durable.publish_new(folder / 'volume', folder / 'again')"),
            ('fsync', "wrapping.wrap(folder / 'again', None, None)"),
            ('ftruncate', "durable.truncate(folder / 'again', 1 << 21)"),
            ('ftruncate', "raw.extend(folder / 'again', 3 << 20, True)"),
            ('unlink', "durable.link(folder / 'volume', folder / 'again')"),
            ('unlink', "volumes.discard(files, 'volume')"),
            ('unlink', "volumes.remove_temporary(files, 'again')"),
            ('unlink', "maker.make(folder / 'file')"),
            ('unlink', "durable.forget(folder / 'file')"),
        ):
            (self.share / 'file').write_bytes(bytes(2 << 20))
            with self.subTest(call):
                self.assert_others_go_on(f'slow_at({slow!r})', call)
        self.assertEqual([], list(self.share.iterdir()))

    def test_one_that_is_killed_ends_after_its_call(self):
        # With one native thread its call has not even begun when it is killed.
        said, failure = self.play(
            """
            from eventlet import tpool
            tpool.set_num_threads(1)
            native.waiting(int)()  # which starts that thread, and lets the other one go on
            fcntl.flock(gate, fcntl.LOCK_EX)

            def hold():
                try:
                    native.waiting(print)('called')
                finally:
                    print('let go of its locks')

            first = eventlet.spawn(native.waiting(wait))
            second = eventlet.spawn(hold)
            for _ in range(3):
                eventlet.sleep()
            for _ in range(2):
                second.kill()
            fcntl.flock(gate, fcntl.LOCK_UN)
            with contextlib.suppress(eventlet.greenlet.GreenletExit):
                second.wait()
            """
        )
        self.assertEqual(['another goes on', 'called', 'let go of its locks'], said, failure)

    def test_small_file_and_a_native_thread_have_no_other_thread_wait(self):
        said, failure = self.play(
            """
            (folder / 'file').write_bytes(bytes(1 << 20))
            real = os.fsync
            def fsync(handle):
                print(threading.get_native_id() == os.getpid())
                real(handle)
            os.fsync = fsync
            durable.sync_file(folder / 'file')
            spawn = eventlet.spawn
            eventlet.spawn = lambda *given: print('another thread') or spawn(*given)
            own = native.waiting(threading.get_native_id)
            print(native.waiting(lambda: own() == threading.get_native_id() != os.getpid())())
            """
        )
        self.assertEqual(['True', 'another thread', 'another goes on', 'True'], said, failure)


class WithoutEventletTest(unittest.TestCase):
    def test_call_is_made_by_who_makes_it(self):
        own = native.waiting(threading.get_native_id)
        self.assertEqual(threading.get_native_id(), own())

    def test_eventlet_that_is_there_and_not_at_work_changes_nothing(self):
        code = (
            'import eventlet.tpool, threading; from driver import native; '
            'own = threading.get_native_id; print(native.waiting(own)() == own())'
        )
        command = [sys.executable, '-W', 'ignore', '-c', code]
        self.assertEqual('True\n', subprocess.check_output(command, text=True, timeout=60))
