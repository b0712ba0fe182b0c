# SPDX-License-Identifier: Apache-2.0
"""What waits for a share keeps nobody else waiting; a lock that another greenthread holds is one.

Each case is a process of its own, as only that can be patched for eventlet: it comes to an end
only if the other greenthread goes on.
"""

import subprocess
import sys
import textwrap
import unittest

from driver import native
from tests.unit.driver.test_access import FolderCase

_BEGINNING = """
import eventlet
eventlet.monkey_patch()
import fcntl, os, pathlib, sys, threading
from driver import access, durable, layout, native, volumes, wrapping

folder = pathlib.Path(sys.argv[1])
gate = os.open(folder.parent / 'gate', os.O_CREAT | os.O_RDWR)
fcntl.flock(gate, fcntl.LOCK_EX)

def wait():
    other = os.open(folder.parent / 'gate', os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    os.close(other)

def others():
    print('another goes on', flush=True)
    fcntl.flock(gate, fcntl.LOCK_UN)

eventlet.spawn(others)
"""

# The share answers none of these calls before the other greenthread has gone on.
_SLOW_SHARE = """
def slow_at(name):
    real = getattr(os, name)
    def call(*given, **named):
        wait()
        return real(*given, **named)
    setattr(os, name, call)

maker = access.FileMaker(0o660)
files = layout.Layout(folder, 'volume')
"""


def _play(folder, *lines, timeout=60):
    code = '\n'.join([_BEGINNING, *map(textwrap.dedent, lines)])
    return subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code, str(folder)],
        capture_output=True,
        text=True,
        timeout=timeout,
    )


class NativeTest(FolderCase):
    def setUp(self):
        super().setUp()
        self.share = self.folder / 'share'
        self.share.mkdir()

    def assert_others_go_on(self, *lines):
        ended = _play(self.share, *lines)
        self.assertEqual((0, 'another goes on\n'), (ended.returncode, ended.stdout), ended.stderr)

    def test_others_go_on_while_one_waits(self):
        self.assert_others_go_on('assert native.waiting(lambda: wait() or 7)() == 7')

    def test_what_goes_wrong_comes_to_who_has_waited(self):
        ended = _play(self.share, "native.waiting(os.unlink)(folder / 'missing')")
        self.assertIn('FileNotFoundError', ended.stderr)

    def test_nobody_goes_on_while_one_waits_in_the_thread_of_all(self):
        with self.assertRaises(subprocess.TimeoutExpired):
            _play(self.share, 'wait()', timeout=3)

    def test_others_go_on_while_a_share_takes_long_for_a_large_file(self):
        for slow, call in (
            ('fsync', "durable.sync_file(folder / 'file')"),
            ('fsync', "durable.publish(folder / 'file', folder / 'volume')"),
            ('fsync', "durable.publish_new(folder / 'volume', folder / 'again')"),
            ('fsync', "wrapping.wrap(folder / 'again', None, None)"),
            ('ftruncate', "durable.truncate(folder / 'again', 0)"),
            ('unlink', "volumes.discard(files, 'volume')"),
            ('unlink', "volumes.remove_temporary(files, 'again')"),
        ):
            (self.share / 'file').write_bytes(bytes(2 << 20))
            with self.subTest(call):
                self.assert_others_go_on(_SLOW_SHARE, f'slow_at({slow!r})', call)
        self.assert_others_go_on(
            _SLOW_SHARE,
            """
            try:
                with volumes.new_file(files, 'volume', maker):
                    slow_at('unlink')
                    raise ValueError
            except ValueError:
                pass
            """,
        )
        self.assertEqual(['file'], [each.name for each in self.share.iterdir()])


class WithoutEventletTest(unittest.TestCase):
    def test_call_is_made_at_once(self):
        self.assertEqual((1, 2), native.waiting(lambda *given, b: (*given, b))(1, b=2))
