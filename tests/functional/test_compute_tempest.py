# SPDX-License-Identifier: Apache-2.0
"""The compute service under tempest's own clients, which check each answer against a schema."""

from __future__ import annotations

import contextlib
import importlib.util
import types
import unittest
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from nova_assist.compute.glance.stand_ins import STAND_IN
from tests.functional.compute_support import ComputeTest

if importlib.util.find_spec('tempest') is not None:
    from tempest.lib import exceptions
    from tempest.lib.services import compute as clients
    from tempest.lib.services.compute import base_compute_client

#: Those at which tempest's schemas for what we answer change, up to the newest that we speak.
VERSIONS = (
    *(1, 2, 3, 8, 9, 16, 19, 20, 26, 36, 39, 47, 48, 51, 53, 55, 57, 58),
    *(61, 62, 63, 70, 71, 73, 75, 79, 89, 96),
)


class Token:
    """What tempest's clients need of who logs in for them."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def auth_request(
        self, method: str, url: str, headers: Any = None, body: Any = None, filters: Any = None
    ) -> tuple[str, Any, Any]:
        sent = {**(headers or {}), 'X-Auth-Token': self._token}
        return f'{self._url}/{url.lstrip("/")}', sent, body

    def base_url(self, filters: Any) -> str:
        return self._url


@contextlib.contextmanager
def microversion(minor: int) -> Iterator[None]:
    """Have all clients ask for version 2 and a minor."""
    base_compute_client.COMPUTE_MICROVERSION = f'2.{minor}'
    try:
        yield
    finally:
        base_compute_client.COMPUTE_MICROVERSION = None


@unittest.skipIf(importlib.util.find_spec('tempest') is None, 'tempest is not installed')
class TempestTest(ComputeTest):
    def client(self, name: str, token: str = 'admin:demo') -> Any:
        client = getattr(clients, name)
        return client(Token(self.compute.url, token), 'compute', 'RegionOne')

    def setUp(self) -> None:
        super().setUp()
        self.servers = self.client('ServersClient')

    def create(self, **wanted: Any) -> Any:
        wanted = {'name': 's', 'imageRef': STAND_IN.id, 'flavorRef': '1', **wanted}
        return self.servers.create_server(**wanted)

    def at_each_version(self, check: Callable[[int], None]) -> None:
        for minor in VERSIONS:
            with self.subTest(minor=minor), microversion(minor):
                check(minor)

    def test_servers_look_as_in_nova_in_each_version(self) -> None:
        made = self.create()
        self.assertRegex(made.response['x-openstack-request-id'], '^req-')
        server = made['server']['id']
        self.until_status(server, 'ACTIVE')
        self.attach(server)
        owner = self.client('ServersClient', 'user:demo')

        def check(minor: int) -> None:
            for client in (self.servers, owner):
                shown = client.show_server(server)['server']
                (listed,) = client.list_servers(detail=True)['servers']
                shown.pop('server_groups', None)  # which a list never has
                self.assertEqual(listed, shown)
                self.assertEqual(client.list_servers()['servers'][0]['id'], server)
            other = self.create(**({'networks': 'none'} if minor >= 37 else {}))['server']['id']
            self.until_status(other, 'ACTIVE')
            self.servers.delete_server(other)
            self.servers_are({server})

        self.at_each_version(check)

    def servers_are(self, ids: set[str]) -> None:
        self.until(
            lambda: {s['id'] for s in self.servers.list_servers()['servers']} == ids,
            f'there are the servers {ids}',
        )

    def test_volumes_of_servers_look_as_in_nova_in_each_version(self) -> None:
        server = self.boot()

        def check(minor: int) -> None:
            volume = self.cinder.add_volume()
            self.qemu_img('create', '-f', 'raw', f'volume-{volume}', '64M')
            made = self.servers.attach_volume(server, volumeId=volume, device='/dev/vdb')
            self.until(lambda: self.cinder.volumes[volume]['status'] == 'in-use', 'attached')
            (listed,) = self.servers.list_volume_attachments(server)['volumeAttachments']
            shown = self.servers.show_volume_attachment(server, volume)['volumeAttachment']
            self.assertEqual(listed, shown)
            self.assertEqual(made['volumeAttachment']['device'], shown['device'])
            self.servers.detach_volume(server, volume)
            self.until(
                lambda: not self.servers.list_volume_attachments(server)['volumeAttachments'],
                'detached',
            )

        self.at_each_version(check)

    def test_key_pairs_look_as_in_nova_in_each_version(self) -> None:
        keypairs = self.client('KeyPairsClient')
        key = keypairs.create_keypair(name='made')['keypair']
        self.assertIn('PRIVATE KEY', key['private_key'])

        def check(minor: int) -> None:
            keypairs.create_keypair(name='k', public_key=key['public_key'])
            shown = keypairs.show_keypair('k')['keypair']
            self.assertEqual(shown['fingerprint'], key['fingerprint'])
            names = [each['keypair']['name'] for each in keypairs.list_keypairs()['keypairs']]
            self.assertEqual(names, ['made', 'k'])
            keypairs.delete_keypair('k')

        self.at_each_version(check)

    def test_key_pairs_outlive_the_service(self) -> None:
        keypairs = self.client('KeyPairsClient')
        keypairs.create_keypair(name='k')
        self.compute.end()
        self.compute.start()
        keypairs = self.client('KeyPairsClient')
        self.assertEqual(len(keypairs.list_keypairs()['keypairs']), 1)
        others = self.client('KeyPairsClient', 'user:demo')
        self.assertEqual(others.list_keypairs()['keypairs'], [])

    def test_what_is_no_key_or_there_already_or_not_is_refused(self) -> None:
        keypairs = self.client('KeyPairsClient')
        keypairs.create_keypair(name='k')
        with self.assertRaises(exceptions.Conflict):
            keypairs.create_keypair(name='k')
        with self.assertRaises(exceptions.BadRequest):
            keypairs.create_keypair(name='other', public_key='ssh-rsa')
        with self.assertRaises(exceptions.NotFound):
            keypairs.delete_keypair('other')
        with self.assertRaises(exceptions.NotFound):
            keypairs.show_keypair('other')
        with self.assertRaises(exceptions.BadRequest):
            self.create(key_name='other')

    def test_actions_look_as_in_nova_in_each_version(self) -> None:
        server = self.boot()
        volume = self.attach(server)
        self.nova(version='2.51').server_external_events.create(
            [{'name': 'volume-extended', 'server_uuid': server, 'tag': volume}]
        )
        self.until(lambda: self.disks(server)[0]['size'] == 1 << 30, 'it has grown')
        stranger = self.client('ServersClient', 'user:demo')

        listed = self.servers.list_instance_actions(server)['instanceActions']
        names = [action['action'] for action in listed]
        self.assertEqual(names, ['extend_volume', 'attach_volume', 'create'])

        def check(minor: int) -> None:
            if minor < 58:  # what the list has got since then, tempest's schema doesn't know
                self.servers.list_instance_actions(server)
            wanted = (server, listed[0]['request_id'])
            shown = self.servers.show_instance_action(*wanted)['instanceAction']
            (event,) = shown['events']
            self.assertEqual(event['event'], 'compute_extend_volume')
            self.assertEqual((event['result'], event['finish_time'] is None), ('Success', False))
            theirs = stranger.show_instance_action(*wanted)['instanceAction']
            self.assertEqual('events' in theirs, minor >= 51)

        self.at_each_version(check)
        with self.assertRaises(exceptions.NotFound):
            self.servers.show_instance_action(server, 'req-other')

    def test_an_action_that_fails_says_so(self) -> None:
        server, volume = self.boot(), self.cinder.add_volume()
        self.servers.attach_volume(server, volumeId=volume)
        self.until(lambda: not self.cinder.attachments, 'it is taken back')
        action = self.until(
            lambda: self.servers.list_instance_actions(server)['instanceActions'], 'an action'
        )[0]
        self.until(lambda: self.event(server, action)['finish_time'], 'it has ended')
        self.assertEqual(self.event(server, action)['result'], 'Error')

    def event(self, server: str, action: Any) -> Any:
        shown = self.servers.show_instance_action(server, action['request_id'])
        return shown['instanceAction']['events'][0]

    def test_the_surroundings_look_as_in_nova_in_each_version(self) -> None:
        server = self.boot()
        asked = (
            lambda: self.client('LimitsClient').show_limits(),
            lambda: self.client('AvailabilityZoneClient').list_availability_zones(),
            lambda: self.client('ExtensionsClient').list_extensions(),
            lambda: self.client('InterfacesClient').list_interfaces(server),
            lambda: self.client('FlavorsClient').list_flavors(detail=True),
            lambda: self.client('FlavorsClient').list_flavors(),
            lambda: self.client('FlavorsClient').show_flavor('1'),
            lambda: self.servers.list_addresses(server),
            lambda: self.servers.get_console_output(server, length=3),
        )

        def check(minor: int) -> None:
            for ask in asked:
                ask()

        self.at_each_version(check)

    def test_what_an_answer_lacks_is_seen(self) -> None:
        """Otherwise all of the above would prove nothing."""
        shown = self.servers.show_server(self.boot())['server']
        schema = self.servers.get_schema(self.servers.schema_versions_info).get_server
        answer = types.SimpleNamespace(status=200)
        self.servers.validate_response(schema, answer, {'server': shown})
        del shown['status']
        with self.assertRaises(exceptions.InvalidHTTPResponseBody):
            self.servers.validate_response(schema, answer, {'server': shown})

    def test_a_snapshot_of_tempest_is_accepted_and_fails_later(self) -> None:
        server = self.boot()
        volume = self.attach(server)
        assisted = self.client('AssistedVolumeSnapshotsClient', 'cinder:service')
        made = assisted.create_assisted_volume_snapshot(
            volume, str(uuid.uuid4()), type='qcow2', new_file='new_file'
        )['snapshot']
        self.assertEqual(made, {'id': None, 'volumeId': volume})
        self.assertEqual(self.told()[1], 'error')
        assisted.delete_assisted_volume_snapshot(volume, made['id'])
        self.assertEqual(self.told()[1], 'error_deleting')
