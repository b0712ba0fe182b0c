# SPDX-License-Identifier: Apache-2.0
"""Encrypted volumes whose keys are in a real Barbican behind a real Keystone.

Each volume has a key of its own, which only members of its project get, and which is nowhere but
there; and a Barbican that refuses, or isn't there, does no harm.
"""

import base64
import contextlib
import os
import re
import urllib.parse

import psutil
import requests
from cinderclient import exceptions as cinder_errors

from nova_assist import client
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.reaper import MARK
from nova_assist.scenarios.embedded_api import EmbeddedApi
from tests.functional.gate import DROP, Gate
from tests.functional.test_encrypted import WELL, EncryptedCase

PAYLOAD = 'GET /v1/secrets/[^/]+/payload'
REFUSALS = (403, 404, 503, DROP)

#: What a guest writes and finds, somewhere in a volume; for qemu-io.
PLACE = '-q -P 112 700M 1M'

_KEY_BYTES = 32


class BarbicanCase(EncryptedCase):
    """Tests as a member of a project, over a Barbican whose answers can be replaced."""

    @classmethod
    def make_cloud(cls, folder):
        cls.gate = Gate()
        cls.addClassCleanup(cls.gate.close)
        cloud = Cloud(
            folder,
            driver=cls.driver,
            with_keystone=True,
            with_barbican=True,
            passages={'barbican': cls.gate.port},
        )
        cls.gate.upstream = urllib.parse.urlsplit(cloud.barbican.url).port
        return cloud

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.cinder
        cls.cinder = cls.cloud.cinderclient('demo', 'demo')
        cls.nova = cls.cloud.novaclient('demo', 'demo')

    def setUp(self):
        super().setUp()
        self.api = EmbeddedApi(self.admin, self.cloud.novaclient(), self.cloud.compute.url)
        self.addCleanup(lambda: self.assertEqual(set(), self.keys()))

    def delete_volume(self, volume):
        if self.status(self.cinder.volumes, volume) is not None:
            super().delete_volume(volume)

    def plug(self, server, volume):
        self.nova.volumes.create_server_volume(server.id, volume.id)
        self.await_status(self.cinder.volumes, volume, 'in-use')

    def plugged(self):
        """Return a new volume with something in it, and the server that has it."""
        volume, server = self.make(), self.server()
        self.plug(server, volume)
        self.assertEqual(WELL, self.do(server, volume, f'write {PLACE}', 'flush'))
        return volume, server

    def assert_found(self, server, volume):
        self.assertEqual(WELL, self.do(server, volume, f'read {PLACE}'))

    def ask(self, path, user='demo', project='demo', method='GET', accept='application/json'):
        """Ask Barbican itself as a user; returns the answer."""
        token = self.cloud.cinderclient(project, user).client.session.get_token()
        headers = {'X-Auth-Token': token, 'Accept': accept}
        url = f'{self.cloud.barbican.url}/v1/{path}'
        return requests.request(method, url, headers=headers, timeout=30)

    def keys(self, user='demo', project='demo'):
        """Return the ids of all keys of a project."""
        found = self.ask('secrets?limit=100', user, project).json()['secrets']
        return {each['secret_ref'].rpartition('/')[2] for each in found}

    def key_id(self, thing, manager=None):
        found = (manager or self.cinder.volumes).get(thing.id)
        self.assertTrue(found.encryption_key_id)
        return found.encryption_key_id

    def payload(self, key, user='demo', project='demo'):
        return self.ask(f'secrets/{key}/payload', user, project, accept='application/octet-stream')

    def logged(self, service, since):
        return service.log.read_bytes()[since:].decode(errors='replace')


class LifeTest(BarbicanCase):
    def test_each_volume_and_backup_has_a_key_of_its_own_for_as_long_as_it_lives(self):
        volume, server = self.plugged()
        self.detach(server, volume)
        clone = self.make(source_volid=volume.id)
        backup = self.backup(clone)
        self.await_status(self.cinder.backups, backup, 'available')
        restored = self.make()
        blank = self.key_id(restored)
        found = {self.payload(each).content for each in (blank, self.key_id(volume))}
        self.assertEqual([_KEY_BYTES] * 2, [len(key) for key in found])
        self.cinder.restores.restore(backup.id, volume_id=restored.id)
        self.await_status(self.cinder.volumes, restored, 'available')
        keys = [self.key_id(each) for each in (volume, clone, restored)]
        keys.append(self.key_id(backup, self.cinder.backups))
        self.assertEqual((4, set(keys)), (len(set(keys)), self.keys()))
        self.assertNotIn(blank, keys)
        self.assertEqual(1, len({self.payload(key).content for key in keys}))
        self.cinder.volumes.extend(clone, 2)
        self.await_status(self.cinder.volumes, clone, 'available')
        for each in (clone, restored):
            self.plug(server, each)
            self.assert_found(server, each)
            self.detach(server, each)
        self.delete_volume(clone)
        self.assertEqual({keys[0], *keys[2:]}, self.keys())

    def test_key_is_given_to_members_of_the_project_only(self):
        key = self.key_id(self.make())
        self.assertEqual(200, self.payload(key).status_code)
        for user, project in (
            ('alt', 'alt'),
            ('demo-reader', 'demo'),
            ('admin', 'admin'),
            ('nova', 'service'),
            ('cinder', 'service'),
        ):
            with self.subTest(user):
                self.assertEqual(403, self.payload(key, user, project).status_code)
        self.assertEqual(set(), self.keys('alt', 'alt'))

    def test_compute_that_has_died_fetches_the_key_again_for_who_starts_the_server(self):
        volume, server = self.plugged()
        self.cloud.compute.kill()
        self.cloud.compute.start()
        for power, status in (
            (lambda: self.nova.servers.reboot(server, 'SOFT'), 'ACTIVE'),
            (lambda: self.nova.servers.shelve(server), 'SHELVED_OFFLOADED'),
            (lambda: self.nova.servers.unshelve(server), 'ACTIVE'),
        ):
            power()
            self.await_server(server, status)
        self.assert_found(server, volume)

    def test_barbican_that_ends_and_comes_back_costs_no_data(self):
        volume, server = self.plugged()
        self.cloud.barbican.service.kill()
        self.assert_found(server, volume)  # QEMU has the key
        self.nova.servers.stop(server)
        self.await_server(server, 'SHUTOFF')
        self.nova.servers.start(server)
        self.await_server(server, 'ERROR')
        self.assertIn('is not to be had', self.nova.servers.get(server.id).fault['message'])
        self.cloud.barbican.service.start()
        self.nova.servers.reboot(server, 'HARD')
        self.await_server(server, 'ACTIVE')
        self.assert_found(server, volume)


class SecrecyTest(BarbicanCase):
    def test_key_is_in_no_file_no_log_no_command_line_and_no_environment(self):
        volume, server = self.plugged()
        self.detach(server, volume)
        self.make(source_volid=volume.id)
        self.plug(server, volume)
        key = self.payload(self.key_id(volume)).content
        self.assertEqual([], [*self.files_with(key), *self.processes_with(key)])

    def test_key_that_is_in_a_file_or_in_a_process_is_found(self):
        key = os.urandom(_KEY_BYTES)
        planted = self.cloud.folder / 'compute' / 'planted'
        self.addCleanup(planted.unlink)
        with planted.open('wb') as file:
            os.posix_fallocate(file.fileno(), 0, 1 << 20)
        for form in (key, key.hex().encode(), base64.b64encode(key)):
            with planted.open('r+b') as file:
                file.seek(4000)
                file.write(form)
            self.assertEqual([str(planted)], list(self.files_with(key)))
        self.assertEqual([], list(self.processes_with(key)))
        found = list(self.processes_with(self.cloud.mark.encode()))
        self.assertGreaterEqual(len(found), 4)

    def files_with(self, key):
        """Yield each file of the cloud that has a key, in one of its forms."""
        for folder in (self.cloud.folder, self.cloud.scratch):
            for path in folder.rglob('*'):
                parts = data_of(path) if path.is_file() and not path.is_symlink() else ()
                if any(forms(key).search(part) for part in parts):
                    yield str(path)

    def processes_with(self, key):
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                environment = process.environ()
                told = ' '.join([*process.cmdline(), *environment.values()])
                if environment.get(MARK) == self.cloud.mark and forms(key).search(told.encode()):
                    yield f'process {process.pid}'


def forms(key):
    """Return a regular expression for a key as it is, in hexadecimal digits or in base64."""
    encoded = base64.b64encode(key).rstrip(b'=')
    urlsafe = base64.urlsafe_b64encode(key).rstrip(b'=')
    found = (key, key.hex().encode(), key.hex().upper().encode(), encoded, urlsafe)
    return re.compile(b'|'.join(map(re.escape, found)), re.DOTALL)


def data_of(path, size=64 << 20):
    """Yield what a file holds but for its holes, in parts that overlap."""
    with path.open('rb') as file:
        end = 0
        while True:
            try:
                begin = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:
                return
            end = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
            for offset in range(begin, end, size):
                yield os.pread(file.fileno(), min(size + 4 * _KEY_BYTES, end - offset), offset)


class RefusalTest(BarbicanCase):
    def test_volume_whose_key_the_driver_does_not_get_is_in_error_without_a_file(self):
        for status in REFUSALS:
            with self.subTest(status):
                since = self.cloud.cinder.log.stat().st_size
                with self.gate.failing(PAYLOAD, status) as failed:
                    volume = self.make(wanted='error')
                self.assertGreaterEqual(failed.met, 1)
                self.assertEqual([], self.files(volume))
                key = self.key_id(volume)
                said = self.logged(self.cloud.cinder, since)
                self.assertIn(f'The key {key} of volume {volume.id} is not to be had', said)
                # Cinder deletes a volume that is on no host without its key.
                self.addCleanup(self.ask, f'secrets/{key}', method='DELETE')
                self.delete_volume(volume)

    def test_volume_whose_key_is_not_made_is_refused_and_leaves_no_trace(self):
        for status in REFUSALS:
            with self.subTest(status), self.gate.failing('POST /v1/orders/?', status) as failed:
                with self.assertRaises(cinder_errors.ClientException):
                    self.cinder.volumes.create(1, volume_type='encrypted')
                self.assertGreaterEqual(failed.met, 1)
                self.assert_only()

    def test_clone_whose_key_is_not_read_or_stored_is_refused_and_leaves_no_trace(self):
        volume = self.make()
        for request in (PAYLOAD, 'POST /v1/secrets/?'):
            for status in REFUSALS:
                with self.subTest((request, status)):
                    with (
                        self.gate.failing(request, status) as failed,
                        self.assertRaises(cinder_errors.ClientException),
                    ):
                        self.cinder.volumes.create(1, source_volid=volume.id)
                    self.assertGreaterEqual(failed.met, 1)
                    self.assert_only(volume)

    def assert_only(self, *volumes):
        """See that there are no others, no other keys, and no other files on the share."""
        ids = {each.id for each in volumes}
        self.assertEqual(ids, {each.id for each in self.cinder.volumes.list()})
        self.assertEqual({self.key_id(each) for each in volumes}, self.keys())
        self.assertEqual({f'volume-{id}' for id in ids}, set(os.listdir(self.share)))

    def test_attachment_whose_key_is_not_given_is_taken_back(self):
        volume, server = self.make(), self.server()
        for status in REFUSALS:
            with self.subTest(status):
                since = self.cloud.compute.log.stat().st_size
                with self.gate.failing(PAYLOAD, status) as failed:
                    self.nova.volumes.create_server_volume(server.id, volume.id)
                    self.assertTrue(client.poll(lambda failed=failed: failed.met, bool, 30))
                    self.await_status(self.cinder.volumes, volume, 'available')
                # Compute tells Cinder first.
                left = client.poll(
                    lambda: self.nova.volumes.get_server_volumes(server.id),
                    lambda found: not found,
                    30,
                )
                self.assertEqual([], left)
                said = self.logged(self.cloud.compute, since)
                self.assertIn(f'the key {self.key_id(volume)} is not to be had', said)
        self.plug(server, volume)
        self.detach(server, volume)

    def test_volume_is_not_deleted_while_its_key_can_not_be(self):
        volume = self.make()
        with (
            self.gate.failing('DELETE /v1/secrets/.*', 503),
            self.assertRaisesRegex(cinder_errors.BadRequest, 'delete encryption key'),
        ):
            self.cinder.volumes.delete(volume)
        self.assertEqual('error_deleting', self.status(self.cinder.volumes, volume))
        self.assertEqual([f'volume-{volume.id}'], self.files(volume))
        self.admin.volumes.reset_state(volume, 'available')
