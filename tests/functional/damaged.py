# SPDX-License-Identifier: Apache-2.0
"""A share with two volumes made by qemu-img, to be damaged; and repairs that die on the way."""

import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

from driver.check import audit, repair
from tests.unit.driver import builders

VOLUME = builders.VOLUME
FIRST = f'{VOLUME}.a1'
SECOND = f'{VOLUME}.b2'
RECORD = f'{VOLUME}.info'
NEIGHBOUR = 'volume-0a0b0c0d'
MODE = 0o660
SIZE = 1 << 20

# The exit code of a process that died before its effect.
_DIED = 99
_EFFECTS = ('os.chmod', 'os.chown', 'os.link', 'os.remove', 'os.rename', 'os.truncate')


def qemu_img(*words):
    subprocess.run(['qemu-img', *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def write_block(path, image_format, block, value):
    command = f'write -q -P {value} {block * 65536} 65536'
    subprocess.run(['qemu-io', '-f', image_format, '-c', command, str(path)], check=True)


class DamageCase(unittest.TestCase):
    """A volume with the chain SECOND on FIRST on a raw base, all with data, and a neighbour."""

    maxDiff = None

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name).resolve()
        self.scratch.chmod(0o755)
        self.folder = self.scratch / 'share'
        self.folder.mkdir()
        self.make_raw(VOLUME)
        write_block(self.path(VOLUME), 'raw', 0, 17)
        self.make_overlay(FIRST, VOLUME, 'raw')
        write_block(self.path(FIRST), 'qcow2', 1, 34)
        self.make_overlay(SECOND, FIRST, 'qcow2')
        write_block(self.path(SECOND), 'qcow2', 2, 51)
        self.save_record({'active': SECOND, 'a1': FIRST, 'b2': SECOND})
        self.make_raw(NEIGHBOUR)
        self.references = {}
        self.remember(SECOND, 'qcow2')
        self.remember(FIRST, 'qcow2')
        self.remember(VOLUME, 'raw')

    def path(self, name):
        return self.folder / name

    def make_raw(self, name):
        self.path(name).touch()
        os.truncate(self.path(name), SIZE)
        self.path(name).chmod(MODE)

    def make_overlay(self, name, backing, backing_format, size=SIZE):
        backed_by = ['-b', backing, '-F', backing_format] if backing_format else []
        path = self.path(name)
        qemu_img('create', '-q', '-u', '-f', 'qcow2', *backed_by, path, size)
        path.chmod(MODE)

    def rebase(self, name, backing, backing_format):
        form = ['-F', backing_format] if backing_format else []
        qemu_img('rebase', '-u', '-f', 'qcow2', '-b', backing, *form, self.path(name))

    def save_record(self, content):
        self.make(RECORD, json.dumps(content).encode())

    def make(self, name, data):
        self.path(name).write_bytes(data)
        self.path(name).chmod(MODE)

    def patch(self, name, offset, form, value):
        """Change a field of a header."""
        with self.path(name).open('r+b') as file:
            file.seek(offset)
            file.write(struct.pack(form, value))

    def record(self):
        return json.loads(self.path(RECORD).read_bytes())

    def remember(self, name, image_format):
        """Keep what an image reads as, apart from the share."""
        copy = self.scratch / f'{name}.reference'
        qemu_img('convert', '-f', image_format, '-O', 'qcow2', self.path(name), copy)
        self.references[name] = (image_format, copy)

    def assert_intact(self, *names):
        """See that images read as they did before the damage."""
        for name in names or self.references:
            image_format, copy = self.references[name]
            qemu_img('compare', '-U', '-f', image_format, '-F', 'qcow2', self.path(name), copy)

    def names(self):
        return sorted(os.listdir(self.folder))

    def state(self):
        """Return names, modes and contents of all files."""
        return {
            path.name: (path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in self.folder.iterdir()
        }

    def audit(self):
        return audit.audit(self.folder, settle=0).findings

    def counting(self):
        return [finding for finding in self.audit() if finding.counts]

    def repair(self):
        report = audit.audit(self.folder, settle=0)
        return repair.repair(self.folder, report.findings, report.expected)

    def assert_only(self, kind, *files):
        """See that exactly one thing is found, with the file to look at first; return it."""
        found = self.audit()
        self.assertEqual([kind], [finding.kind for finding in found], found)
        if files:
            self.assertEqual(files, found[0].files)
        self.assertEqual(VOLUME, found[0].volume)
        return found[0]

    def assert_left_alone(self, kind, *files):
        """See that exactly one thing is found, and that a repair changes nothing."""
        finding = self.assert_only(kind, *files)
        before = self.names()
        self.assertEqual([], self.repair())
        self.assertEqual(before, self.names())
        self.assert_only(kind, *files)
        return finding

    def assert_mended(self, kind, *files):
        """See that exactly one thing is found, and that a repair mends it; return how.

        The repair is also made to die before each of its effects, and repeated then: it has to
        come to the same end.
        """
        self.assert_only(kind, *files)
        damaged = self.scratch / 'damaged'
        shutil.copytree(self.folder, damaged)
        outcomes = self.repair()
        self.assertEqual([True] * len(outcomes), [each.done for each in outcomes], outcomes)
        self.assertEqual([], self.counting())
        mended = self.state()
        for effect in range(1, 100):
            self.restore(damaged)
            if not self.dies_before(effect, self.repair):
                break
            with self.subTest(f'the repair died before effect {effect}'):
                self.repair()
                self.assertEqual([], self.counting())
                self.assertEqual(mended, self.state())
        self.assertGreater(effect, 1, 'the repair was interrupted at least once')
        self.assertEqual(mended, self.state(), 'a repair of which nothing was interrupted')
        return outcomes

    def restore(self, damaged):
        shutil.rmtree(self.folder)
        shutil.copytree(damaged, self.folder)

    def dies_before(self, effect, action):
        """Do something in a process that dies before an effect; tell whether it came to that."""
        child = os.fork()
        if child == 0:
            try:
                sys.addaudithook(_Death(self.folder, effect))
                action()
                os._exit(0)
            finally:
                os._exit(1)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        self.assertIn(code, (0, _DIED))
        return code == _DIED


class _Death:
    """An audit hook that ends its process before the n-th effect on a folder."""

    def __init__(self, folder, effect):
        self._folder = os.fsencode(folder)
        self._left = effect

    def __call__(self, event, arguments):
        if not self._is_effect(event, arguments):
            return
        self._left -= 1
        if self._left == 0:
            os._exit(_DIED)

    def _is_effect(self, event, arguments):
        if event == 'open':
            writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
            return self._is_here(arguments[0]) and arguments[2] & writes
        if event == 'subprocess.Popen':
            return any(self._is_here(word) for word in arguments[1])
        return event in _EFFECTS and self._is_here(arguments[0])

    def _is_here(self, word):
        return isinstance(word, (str, bytes, os.PathLike)) and self._folder in os.fsencode(word)
