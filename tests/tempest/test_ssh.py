# SPDX-License-Identifier: Apache-2.0
"""The plugin's ways by ssh, through a real sshd: the share, and the guest.

The guest is a mount namespace in which files stand for disks, below ``/dev`` and ``/sys/block``:
each command that comes by ssh is run in one of its own, as the guest's root, and finds what the
ones before it have left in its ``/tmp``. Not seen: how tempest finds a guest's address, and logs
in on port 22.
"""

import contextlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

from tempest.lib import exceptions
from tempest.lib.common.utils.linux import remote_client

from console_guest import protocol
from tempest_plugin import config, errors, waiting
from tempest_plugin.data.ssh_guest import SshGuest
from tempest_plugin.share import runners, view
from tests.tempest import sshd
from tests.unit.tempest_plugin import support
from tests.unit.tempest_plugin.support import NEWER, SNAPSHOT, VOLUME

_MIB = 1024**2
_BLOCK = 4096
#: How long to try to log in where it can't work: once.
_SECONDS = 0


def _can(*command):
    """Tell whether a command can be run here."""
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def agent(key):
    """Have an ssh-agent offer a key to whoever asks it."""
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, 'agent')
        with (
            subprocess.Popen(
                ['ssh-agent', '-D', '-a', socket], stdout=subprocess.DEVNULL
            ) as process,
            mock.patch.dict(os.environ, SSH_AUTH_SOCK=socket),
        ):
            try:
                waiting.until(
                    'ssh-agent', lambda: os.path.exists(socket), bool, seconds=30, pause=0.05
                )
                subprocess.run(['ssh-add', '-q', str(key)], check=True)
                yield
            finally:
                process.terminate()


class SshCase(unittest.TestCase):
    """Tests with an sshd each."""

    def setUp(self):
        if sshd.MISSING:
            self.skipTest(sshd.MISSING)
        self.folder = self.make_folder('ssh-')
        self.sshd = sshd.Sshd(self.folder)

    def make_folder(self, prefix):
        folder = tempfile.TemporaryDirectory(prefix=prefix)
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def start(self, *settings):
        """Have the sshd run until the end of the test."""
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        stack.enter_context(self.sshd.running(*settings))


class ShareTest(SshCase):
    def setUp(self):
        super().setUp()
        self.start()
        self.share = self.make_folder('a share-')
        self.share.chmod(0o755)
        self.base = self.share / f'volume-{VOLUME}'
        self.overlay = self.share / f'volume-{VOLUME}.{SNAPSHOT}'
        for arguments in (
            ['-f', 'raw', self.base, '1G'],
            ['-f', 'qcow2', '-F', 'raw', '-b', self.base.name, self.overlay],
        ):
            subprocess.run(['qemu-img', 'create', '-q', *arguments], check=True)
        self.record = {SNAPSHOT: self.overlay.name, 'active': self.overlay.name}
        self.base.with_name(f'{self.base.name}.info').write_text(json.dumps(self.record))

    def view(self, access='ssh', **options):
        """Return the view that options name."""
        conf = support.configuration(
            share_access=access,
            share_path=str(self.share),
            share_ssh_host=sshd.HOST,
            share_ssh_user=self.sshd.user,
            share_ssh_key_file=str(self.sshd.key),
            share_ssh_port=self.sshd.port,
            **options,
        )
        return view.view_of(config.Settings.of(conf))

    def seen_by(self, runner):
        return view.ShareView(runner, str(self.share))

    def assert_unseen(self, words, seen):
        with self.assertRaisesRegex(errors.ShareUnseen, words) as told:
            seen.files(VOLUME)
        self.assertIn('find', str(told.exception))

    def test_what_is_seen_is_what_is_seen_on_the_host_itself(self):
        by_ssh, here = self.view(), self.view('local')
        self.assertEqual(here.files(VOLUME), by_ssh.files(VOLUME))
        self.assertEqual(3, len(by_ssh.files(VOLUME)))
        self.assertEqual(here.chain(VOLUME), by_ssh.chain(VOLUME))
        self.assertEqual((self.overlay.name, self.base.name), by_ssh.chain(VOLUME).images)
        self.assertEqual(self.record, by_ssh.chain(VOLUME).record)
        self.assertEqual(1024 * _MIB, by_ssh.size(VOLUME))
        self.assertEqual((), by_ssh.files(NEWER))

    def test_name_that_is_no_text_is_seen_too(self):
        self.base.with_name(f'volume-{VOLUME}.\udcff').touch()
        self.assertEqual(self.view('local').files(VOLUME), self.view().files(VOLUME))
        self.assertEqual(4, len(self.view().files(VOLUME)))

    @unittest.skipUnless(_can('sudo', '-n', 'true'), 'sudo asks who runs this for a password')
    def test_account_that_may_see_what_who_logs_in_may_not(self):
        found = self.view(share_sudo=True).files(VOLUME)
        self.assertEqual(self.view('local').files(VOLUME), found)

    def test_folder_that_can_not_be_listed(self):
        by_root = {'share_sudo': True, 'share_sudo_user': 'nobody'} if os.getuid() == 0 else {}
        if by_root and not _can('sudo', '-n', '-u', 'nobody', 'true'):
            self.skipTest('root may list any folder, and there is no sudo to be another')
        self.share.chmod(0)
        self.addCleanup(self.share.chmod, 0o700)
        self.assert_unseen('Permission denied', self.view(**by_root))

    def test_folder_that_is_not_there(self):
        self.share = self.share / 'elsewhere'
        self.assert_unseen('No such file or directory', self.view())

    def test_image_that_lacks_its_backing_file(self):
        self.base.unlink()
        with self.assertRaisesRegex(errors.ShareUnseen, f'open.*{self.base.name}'):
            self.view().chain(VOLUME)

    def runner(self, key, port):
        return runners.Ssh(sshd.HOST, self.sshd.user, str(key), port, seconds=_SECONDS)

    def test_key_that_is_not_let_in(self):
        runner = self.runner(self.sshd.stranger, self.sshd.port)
        # An agent that has the right one is not asked.
        with agent(self.sshd.key):
            self.assert_unseen('could not log in to .*/stranger: ', self.seen_by(runner))

    def test_key_that_is_not_there(self):
        runner = self.runner(self.folder / 'lost', self.sshd.port)
        self.assert_unseen('No such file', self.seen_by(runner))

    def test_host_that_can_not_be_reached(self):
        runner = self.runner(self.sshd.key, sshd.free_port())
        self.assert_unseen('Unable to connect', self.seen_by(runner))


#: Runs each command of the guest's, which is root already. Bind mounts end with the namespace.
_ENTER = """
exec unshare --map-root-user --mount sh -c '
    cd "$0" || exit
    for node in null zero urandom; do mount --bind "/dev/$node" "dev/$node" || exit; done
    mount --rbind dev /dev && mount --bind block /sys/block && mount --bind bin /opt \\
        && mount --bind tmp /tmp && cd / || exit
    PATH=/opt:$PATH
    eval "$SSH_ORIGINAL_COMMAND"
' {folder}
"""


@unittest.skipUnless(_can('unshare', '-rm', 'true'), 'no mount namespace can be made here')
class GuestTest(SshCase):
    def setUp(self):
        super().setUp()
        self.root = self.folder / 'guest'
        for name in ('dev', 'block', 'bin', 'tmp'):
            (self.root / name).mkdir(parents=True)
        for node in ('null', 'zero', 'urandom'):
            (self.root / 'dev' / node).touch()
        sudo = self.root / 'bin' / 'sudo'
        sudo.write_text('#!/bin/sh\nexec "$@"\n')
        sudo.chmod(0o755)
        enter = self.folder / 'enter'
        enter.write_text(_ENTER.format(folder=shlex.quote(str(self.root))))
        self.start(f'ForceCommand sh {shlex.quote(str(enter))}')
        self.disk = self.folder / 'disk'
        with self.disk.open('wb') as disk:
            disk.truncate(4 * _MIB)

    def guest(self, key=None, port=None, ssh_timeout=60):
        """Return the guest, logged in to as the plugin does but for the port."""
        remote = remote_client.RemoteClient(
            sshd.HOST,
            self.sshd.user,
            pkey=(key or self.sshd.key).read_text(),
            ssh_timeout=ssh_timeout,
            ssh_key_type='ecdsa',
            ssh_shell_prologue='',
        )
        remote.ssh_client.port = port or self.sshd.port
        return SshGuest(remote, 'the guest', seconds=60, pause=0.1)

    def plug(self, name='vdb'):
        """Plug the disk in."""
        (self.root / 'block' / name).mkdir()
        (self.root / 'block' / name / 'serial').write_text(protocol.serial_of(VOLUME) + '\n')
        (self.root / 'dev' / name).hardlink_to(self.disk)

    def use(self, guest):
        """Plug the disk in, and return what the guest finds on it."""
        mark = guest.mark()
        self.plug()
        self.addCleanup(self.let_go, guest)
        guest.prepare(VOLUME)
        return guest.found(VOLUME, mark)

    def let_go(self, guest):
        """Unplug the disk, if it still is plugged in, and see the guest's script end."""
        mark = guest.mark()
        node = self.root / 'dev' / 'vdb'
        if node.exists():
            shutil.rmtree(self.root / 'block' / 'vdb')
            node.unlink()
            guest.gone(VOLUME, mark)
        waiting.until(
            'the end of the script, which leaves nothing',
            lambda: list((self.root / 'tmp').glob('tmp.*')),
            lambda left: not left,
            seconds=60,
            pause=0.1,
        )

    def test_guest_writes_finds_it_again_and_notices_that_the_disk_goes(self):
        guest = self.guest()
        self.assertEqual((), guest.mark())
        self.assertEqual(protocol.Found(protocol.serial_of(VOLUME), 0, 0), self.use(guest))
        least = guest.wrote(VOLUME, guest.mark())
        self.assertGreater(least, 0)
        self.assertGreaterEqual(guest.known(VOLUME), least)
        self.let_go(guest)
        found = self.use(guest)
        self.assertGreaterEqual(found.records, least)
        self.assertEqual(0, found.bad)

    def test_record_that_is_damaged_is_found(self):
        guest = self.guest()
        self.use(guest)
        guest.wrote(VOLUME, guest.mark())
        self.let_go(guest)
        with self.disk.open('r+b') as disk:
            disk.seek(_BLOCK)
            disk.write(bytes(_BLOCK))
        self.assertEqual(1, self.use(guest).bad)

    def test_much_is_written_beside_the_records(self):
        guest = self.guest()
        self.use(guest)
        guest.write_much(VOLUME)
        data = self.disk.read_bytes()
        self.assertEqual((4 * _MIB, b'\xff' * 2 * _MIB), (len(data), data[2 * _MIB :]))
        self.assertNotIn(b'\xff', data[: 2 * _MIB])
        self.let_go(guest)
        self.assertEqual(0, self.use(guest).bad)

    def test_disk_that_is_there_twice(self):
        self.plug()
        self.plug('vdc')
        with self.assertRaisesRegex(errors.GuestFailed, 'more than once'):
            self.guest().prepare(VOLUME)

    def test_key_that_is_not_let_in(self):
        with self.assertRaises(exceptions.SSHTimeout):
            self.guest(key=self.sshd.stranger, ssh_timeout=_SECONDS).mark()

    def test_guest_that_can_not_be_reached(self):
        with self.assertRaises(exceptions.SSHTimeout):
            self.guest(port=sshd.free_port(), ssh_timeout=_SECONDS).mark()
