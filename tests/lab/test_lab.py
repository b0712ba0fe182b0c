# SPDX-License-Identifier: Apache-2.0
"""The lab keeps its promises: accounts, exports, versions, locks and faults. Runs inside it."""

import contextlib
import errno
import fcntl
import grp
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import unittest

from nova_assist.accounts import Account
from tests.lab import nfs

# struct flock: type, whence, start, length, process
FLOCK = 'hhqqi4x'
LOCKED_BYTE = 100


def as_account(name, *command, **options):
    """Run a command as an account of the lab."""
    arguments = Account.named(name).process_arguments()
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, **arguments, **options
    )


def may_open(name, path):
    """Whether an account can open a file for reading and writing."""
    account = Account.named(name)
    with account.joined(), account.files():
        try:
            os.close(os.open(path, os.O_RDWR))
        except PermissionError:
            return False
    return True


@contextlib.contextmanager
def volume_in(folder):
    """A file as the driver makes it: cinder's, 0660, in the folder's group."""
    path = pathlib.Path(folder) / 'volume'
    with Account.named('cinder').files():
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o660)
        os.fchmod(descriptor, 0o660)
        os.write(descriptor, b'\0' * 4096)
        os.close(descriptor)
    try:
        yield path
    finally:
        with Account.named('cinder').files():
            path.unlink()


@contextlib.contextmanager
def lock_held(path):
    """Hold a shared lock of an open file description, as QEMU does on the images it has open."""
    with path.open('rb') as file:
        asked = struct.pack(FLOCK, fcntl.F_RDLCK, os.SEEK_SET, LOCKED_BYTE, 1, 0)
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, asked)
        yield


def is_locked(path):
    """Whether somebody holds a lock there: who asks for an exclusive one doesn't get it.

    F_OFD_GETLK would not do: in version 3 it tells of exclusive locks only.
    """
    with path.open('r+b') as file:
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, LOCKED_BYTE, 1, 0)
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, asked)
        except BlockingIOError:
            return True
    return False


@nfs.needs_lab
class Accounts(unittest.TestCase):
    def test_numbers_and_groups(self):
        volumes = grp.getgrnam('volumes').gr_gid
        self.assertEqual(volumes, 9000)
        for name, number in (('cinder', 9001), ('nova', 9002), ('qemu', 9003)):
            account = Account.named(name)
            self.assertEqual((account.uid, account.gid), (number, number), name)
            self.assertEqual(set(account.groups), {number, volumes}, name)

    def test_the_outsider_is_in_no_other_group(self):
        outsider = Account.named('outsider')
        self.assertEqual((outsider.uid, outsider.gid), (9004, 9004))
        self.assertEqual(set(outsider.groups), {9004})

    def test_everyone_reaches_python_and_this_folder(self):
        for name in ('cinder', 'nova', 'qemu', 'outsider'):
            done = as_account(name, sys.executable, '-c', 'import os, ssl; os.listdir(".")')
            self.assertEqual((done.returncode, done.stderr), (0, ''), name)

    @unittest.skipUnless(shutil.which('sudo'), 'sudo is not installed')
    def test_cinder_may_use_sudo_and_nobody_else(self):
        command = ['sudo', '--non-interactive', 'id', '-u']
        done = as_account('cinder', *command)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ('0\n', '', 0))
        self.assertNotEqual(as_account('qemu', *command).returncode, 0)


@nfs.needs_lab
class Exports(unittest.TestCase):
    def test_folders_belong_to_cinder_and_hand_on_their_group(self):
        for export in (nfs.SQUASH, nfs.TRUSTING, nfs.SMALL):
            for version in nfs.VERSIONS:
                with self.subTest(export, version=version), nfs.mounted(export, version) as share:
                    found = share.stat()
                    self.assertEqual((found.st_uid, found.st_gid), (9001, 9000))
                    self.assertEqual(found.st_mode & 0o7777, 0o2775)
                    with volume_in(share) as volume:
                        self.assertEqual(volume.stat().st_gid, 9000)

    def test_both_versions_are_the_kernels(self):
        for version in nfs.VERSIONS:
            with nfs.mounted(version=version) as share:
                mounts = pathlib.Path('/proc/mounts').read_text()
                line = next(each for each in mounts.splitlines() if f' {share} ' in each)
                self.assertIn(f'vers={version},', line)

    def test_who_may_open_a_volume(self):
        expected = {'cinder': True, 'nova': True, 'qemu': True, 'outsider': False}
        for version in nfs.VERSIONS:
            with nfs.mounted(version=version) as share, volume_in(share) as volume:
                found = {name: may_open(name, volume) for name in expected}
            self.assertEqual(found, expected, version)

    def test_root_is_squashed_where_it_should_be(self):
        for version in nfs.VERSIONS:
            with nfs.mounted(nfs.SQUASH, version) as share, volume_in(share) as volume:
                self.assertRaises(PermissionError, volume.read_bytes)
                self.assertRaises(PermissionError, os.chown, volume, 0, 0)
            with nfs.mounted(nfs.TRUSTING, version) as share, volume_in(share) as volume:
                self.assertEqual(len(volume.read_bytes()), 4096)

    def test_a_full_share_is_told_at_fsync(self):
        for version in nfs.VERSIONS:
            with nfs.mounted(nfs.SMALL, version) as share, volume_in(share) as volume:
                with Account.named('cinder').files():
                    descriptor = os.open(volume, os.O_WRONLY)
                    for _ in range(80):
                        os.write(descriptor, b'x' * 2**20)
                    with self.assertRaises(OSError) as caught:
                        os.fsync(descriptor)
                    with contextlib.suppress(OSError):
                        os.close(descriptor)
                self.assertEqual(caught.exception.errno, errno.ENOSPC, version)


@nfs.needs_lab
class ImageLocks(unittest.TestCase):
    def found(self, version, options=''):
        """Whether a lock held in one mount is seen in the other version's, and at the server."""
        other = {'4.2': '3', '3': '4.2'}[version]
        with (
            nfs.mounted(nfs.TRUSTING, version, options) as holder,
            nfs.mounted(nfs.TRUSTING, other) as observer,
            volume_in(holder) as volume,
        ):
            places = (observer / volume.name, pathlib.Path(nfs.TRUSTING) / volume.name)
            self.assertEqual([is_locked(place) for place in places], [False, False])
            with lock_held(volume):
                held = [is_locked(place) for place in places]
            self.assertEqual([is_locked(place) for place in places], [False, False])
            return held

    def test_they_reach_the_server(self):
        for version in nfs.VERSIONS:
            self.assertEqual(self.found(version), [True, True], version)

    def test_without_the_servers_locks_nobody_sees_them(self):
        self.assertEqual(self.found('3', 'nolock'), [False, False])

    def test_they_outlive_a_restart_of_the_server(self):
        for version in nfs.VERSIONS:
            with (
                nfs.mounted(nfs.TRUSTING, version) as share,
                volume_in(share) as volume,
                lock_held(volume),
            ):
                nfs.restart()
                volume.write_bytes(b'after the grace period')
                self.assertTrue(is_locked(pathlib.Path(nfs.TRUSTING) / volume.name), version)


@nfs.needs_lab
class Faults(unittest.TestCase):
    def test_a_stopped_server_answers_nobody_and_comes_back(self):
        for version in nfs.VERSIONS:
            with nfs.mounted(nfs.TRUSTING, version) as share, volume_in(share) as volume:
                command = ['dd', 'if=/dev/zero', f'of={volume}', 'count=1', 'conv=fsync']
                with nfs.server_stopped():
                    writer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
                    self.assertRaises(subprocess.TimeoutExpired, writer.wait, 2)
                self.assertEqual(writer.wait(60), 0, version)

    def test_a_removed_export_is_stale_and_comes_back(self):
        for version in nfs.VERSIONS:
            with nfs.mounted(nfs.TRUSTING, version) as share, volume_in(share) as volume:
                with nfs.export_removed(nfs.TRUSTING), self.assertRaises(OSError) as caught:
                    volume.write_bytes(b'lost')
                self.assertEqual(caught.exception.errno, errno.ESTALE, version)
                volume.write_bytes(b'kept')
                self.assertEqual(volume.read_bytes(), b'kept')

    def test_a_read_only_export_refuses_writers(self):
        for version, expected in (('4.2', errno.EROFS), ('3', errno.EACCES)):
            with nfs.mounted(nfs.TRUSTING, version) as share, volume_in(share) as volume:
                with nfs.read_only(nfs.TRUSTING), self.assertRaises(OSError) as caught:
                    volume.write_bytes(b'lost')
                self.assertEqual(caught.exception.errno, expected, version)
                volume.write_bytes(b'kept')

    def test_a_share_in_use_is_not_unmounted_silently(self):
        with self.assertRaises(nfs.NfsError) as caught, contextlib.ExitStack() as stack:
            share = stack.enter_context(nfs.mounted())
            held = os.open(share, os.O_RDONLY)
            self.addCleanup(nfs._command, 'umount', str(share))
            self.addCleanup(os.close, held)
        self.assertIn('busy', str(caught.exception))
