# SPDX-License-Identifier: Apache-2.0
"""Encrypted volumes: made and copied; and what would put their data on a share in the clear."""

import dataclasses
import stat
import subprocess

from driver import access, durable, exceptions, qemu_img, records
from driver.backend import Target
from driver.layout import Format
from driver.luks import Cipher, Encryption
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import Interrupted
from tests.unit.driver.test_clones import CLONE, OTHER, CloneCase

MAGIC = b'LUKS\xba\xbe\x00\x01'
ENCRYPTION = Encryption(Cipher('aes-256', 'xts', 'plain64'), 'c0ffee' * 8)
SIZE = 8 << 20


def opened(path, passphrase, command):
    """Do something to a volume's data as a guest that has a passphrase."""
    image = f'driver=luks,key-secret=key,file.driver=file,file.filename={path}'
    secret = 'secret,id=key,file=/dev/stdin'
    return subprocess.run(
        ['qemu-io', '--object', secret, '--image-opts', '-c', command, image],
        input=passphrase,
        capture_output=True,
        text=True,
        check=False,
    )


class EncryptedCase(CloneCase):
    def setUp(self):
        super().setUp()
        self.layout.path(builders.VOLUME).unlink()
        self.state = dataclasses.replace(self.state, size=SIZE, encrypted=True)

    def make(self, encryption=ENCRYPTION):
        target = Target('v', 'host:/share', builders.VOLUME, SIZE, encrypted=True)
        self.backend.create_volume(target, encryption)
        return self.layout.path(builders.VOLUME)

    def assert_holds(self, path, command='read -q -P 7 1M 64k'):
        ended = opened(path, ENCRYPTION.passphrase, command)
        self.assertEqual((0, ''), (ended.returncode, ended.stdout + ended.stderr))


class NewVolumeTest(EncryptedCase):
    def test_is_one_raw_file_with_its_size_mode_and_header_whatever_the_options_say(self):
        for options in ({'qcow2': True}, {'sparse': False}):
            self.use(**options)
            path = self.make()
            self.assertEqual(MAGIC, path.read_bytes()[: len(MAGIC)])
            self.assertEqual(SIZE, path.stat().st_size)
            self.assertEqual(access.SECURE_MODE, stat.S_IMODE(path.stat().st_mode))
            self.assertEqual((Format.RAW, Format.RAW), self.rows.formats)
            self.assertEqual([builders.VOLUME], self.names())

    def test_opens_with_its_passphrase_only_and_what_is_written_is_not_on_the_share(self):
        path = self.make()
        self.assert_holds(path, 'write -q -P 7 1M 64k')
        self.assert_holds(path)
        self.assertNotIn(bytes([7]) * 4096, path.read_bytes())
        self.assertIn('Invalid password', opened(path, 'another', 'read 0 64k').stderr)

    def test_cipher_that_qemu_lacks_leaves_nothing_and_shows_no_passphrase(self):
        strange = dataclasses.replace(ENCRYPTION, cipher=Cipher('rot-13', 'xts', 'plain64'))
        with self.assertRaisesRegex(exceptions.CommandError, 'rot-13') as raised:
            self.make(strange)
        self.assertNotIn(ENCRYPTION.passphrase, str(raised.exception))
        self.assertEqual([], self.names())

    def test_clock_that_is_too_coarse_for_qemu_is_asked_again_and_the_file_has_its_mode(self):
        told = [exceptions.CommandError(['qemu-img'], 1, qemu_img._UNMEASURED)] * 2
        run = qemu_img._run

        def measured(*arguments, **options):
            if told:
                self.layout.path(self.layout.temporary(builders.VOLUME)).unlink()
                raise told.pop()
            run(*arguments, **options)

        self.addCleanup(setattr, qemu_img, '_run', run)
        qemu_img._run = measured
        made = self.make().stat()
        self.assertEqual((SIZE, access.SECURE_MODE), (made.st_size, stat.S_IMODE(made.st_mode)))

    def test_service_that_dies_before_it_is_whole_leaves_no_volume(self):
        self.die_in(durable, 'publish')
        with self.assertRaises(Interrupted):
            self.make()
        self.assertEqual([], self.names())


class CopyTest(EncryptedCase):
    def test_has_the_same_key_its_new_size_and_its_source_s_format(self):
        self.assert_holds(self.make(), 'write -q -P 7 1M 64k')
        self.use(qcow2=True)
        self.backend.clone(Target('c', OTHER, CLONE, 2 * SIZE, encrypted=True), self.state)
        self.assert_holds(self.target.path(CLONE))
        self.assertEqual(2 * SIZE, self.target.path(CLONE).stat().st_size)

    def test_neither_is_made_of_the_other_kind(self):
        self.create(Format.RAW)
        for encrypted in (True, False):
            self.state = dataclasses.replace(self.state, encrypted=not encrypted)
            target = Target('c', OTHER, CLONE, builders.GIB, encrypted=encrypted)
            with self.assertRaisesRegex(exceptions.Unsupported, 'Nothing was copied'):
                self.backend.clone(target, self.state)
            with self.assertRaisesRegex(exceptions.Unsupported, 'Nothing was copied'):
                self.backend.create_from_snapshot(target, self.state, 'a')
        self.assertEqual([], self.files_of_clone())


class SnapshotTest(EncryptedCase):
    def test_of_a_detached_volume_opens_with_the_volume_s_key(self):
        self.assert_holds(self.make(), 'write -q -P 7 1M 64k')
        self.take('a')
        copy = self.layout.path(self.layout.copy('a'))
        self.assert_holds(copy)
        self.assertNotIn(bytes([7]) * 4096, copy.read_bytes())

    def test_is_refused_for_a_copy_of_an_attached_volume_before_anything_changes(self):
        self.create(Format.RAW)
        self.attach(builders.VOLUME)
        before = self.names()
        with (
            self.assertRaisesRegex(exceptions.Unsupported, 'v is encrypted.*in the clear'),
            self.snapshots.temporary(self.state, 'c', 'copy it to c', None),
        ):
            self.fail('a snapshot was taken')
        self.assertEqual(before, self.names())
        self.assertEqual([], self.nova.requests)
        self.assertEqual({}, self.rows.temporary)
        self.assertEqual({}, records.load(self.layout).overlays)
