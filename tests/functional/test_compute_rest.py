# SPDX-License-Identifier: Apache-2.0
"""The compute service through REST: its images, servers and versions, and its restart."""

from __future__ import annotations

import hashlib
import os
import signal
import uuid
from typing import Any

import requests
from novaclient import api_versions
from novaclient import client as nova_client

from tests.functional.compute_support import ComputeTest


class ImageTest(ComputeTest):
    def setUp(self) -> None:
        super().setUp()
        self.images = self.compute.url.removesuffix('/v2.1') + '/image/v2/images'
        self.headers = {'X-Auth-Token': 'admin:demo'}

    def get(self, path: str) -> requests.Response:
        return requests.get(self.images + path, headers=self.headers)

    def create(self, **server: Any) -> requests.Response:
        """Make a server as the ``openstack`` command does it, which always names a root disk."""
        device = {'uuid': server['imageRef'] or 'x', 'boot_index': 0}
        device.update(source_type='image', destination_type='local')
        server.update(name='s', flavorRef='1', block_device_mapping_v2=[device])
        return requests.post(
            f'{self.compute.url}/servers', json={'server': server}, headers=self.headers
        )

    def test_the_image_is_found_by_id_and_by_name(self) -> None:
        images = self.get('').json()['images']
        self.assertEqual({image['name'] for image in images}, {'stand-in', 'console-guest'})
        for image in images:
            self.assertEqual(self.get(f'/{image["id"]}').json(), image)
            self.assertEqual(self.get(f'?name={image["name"]}').json()['images'], [image])

    def test_an_image_is_downloaded_without_a_token(self) -> None:
        image = self.get('').json()['images'][0]
        answer = requests.get(f'{self.images}/{image["id"]}/file')
        self.assertEqual(hashlib.sha512(answer.content).hexdigest(), image['os_hash_value'])
        self.assertEqual(len(answer.content), image['size'])
        self.assertEqual(self.get('/other/file').status_code, 404)

    def test_what_follows_a_marker_is_listed(self) -> None:
        first, second = self.get('').json()['images']
        self.assertEqual(self.get(f'?marker={first["id"]}').json()['images'], [second])
        self.assertEqual(self.get(f'?marker={second["id"]}').json()['images'], [])
        self.assertEqual(self.get('?marker=other').status_code, 400)

    def test_the_version_is_told_without_a_token(self) -> None:
        (version,) = requests.get(self.images.removesuffix('/images')).json()['versions']
        self.assertEqual(version['links'][0]['href'] + 'images', self.images)

    def test_there_are_versions_to_choose_from(self) -> None:
        root = self.images.removesuffix('/v2/images')
        self.assertEqual(300, requests.get(root).status_code)

    def test_no_other_image_is_found(self) -> None:
        self.assertEqual(self.get(f'/{uuid.uuid4()}').status_code, 404)
        self.assertEqual(self.get('?name=other').json()['images'], [])

    def test_a_server_is_made_from_the_image(self) -> None:
        image = self.get('').json()['images'][0]['id']
        answer = self.create(imageRef=image)
        self.assertEqual(answer.status_code, 202, answer.text)
        made = self.until_status(answer.json()['server']['id'], 'ACTIVE')
        self.assertEqual(made.image['id'], image)

    def test_a_root_disk_without_an_image_is_refused(self) -> None:
        answer = self.create(imageRef='')
        self.assertEqual(answer.status_code, 400)


class ServerTest(ComputeTest):
    def test_a_server_goes_through_its_states(self) -> None:
        server, nova = self.boot(), self.nova()
        self.refused(409, lambda: nova.servers.start(server))
        nova.servers.stop(server)
        self.until_status(server, 'SHUTOFF')
        self.refused(409, lambda: nova.servers.stop(server))
        self.refused(409, lambda: nova.servers.reboot(server, 'SOFT'))
        nova.servers.start(server)
        self.until_status(server, 'ACTIVE')
        nova.servers.reboot(server, 'SOFT')
        self.until_status(server, 'ACTIVE')

    def test_a_server_whose_volume_vanished_is_in_error_and_says_why(self) -> None:
        server, nova = self.boot(), self.nova()
        volume = self.attach(server)
        nova.servers.stop(server)
        self.until_status(server, 'SHUTOFF')
        (self.share / f'volume-{volume}').rename(self.share / 'hidden')
        nova.servers.start(server)
        fault = self.until_status(server, 'ERROR').fault
        self.assertRegex(fault['message'], f'could not start: .*volume-{volume}.*No such file')
        (self.share / 'hidden').rename(self.share / f'volume-{volume}')
        nova.servers.reboot(server, 'HARD')
        self.until_status(server, 'ACTIVE')

    def test_a_server_whose_daemon_is_killed_is_shut_off(self) -> None:
        server = self.boot()
        self.attach(server)
        os.kill(self.disks(server)[0]['pid'], signal.SIGKILL)
        self.until_status(server, 'SHUTOFF')

    def test_another_projects_server_is_not_found(self) -> None:
        server, other = self.boot(), self.nova('user:other')
        self.assertEqual(other.servers.list(), [])
        self.refused(404, lambda: other.servers.get(server))
        self.refused(403, lambda: other.servers.list(search_opts={'all_tenants': 1}))
        everyone = self.nova('admin:other').servers.list(search_opts={'all_tenants': 1})
        self.assertEqual([each.id for each in everyone], [server])

    def test_servers_are_listed_by_what_the_client_asks_for(self) -> None:
        servers = self.nova().servers
        ids = [
            servers.create(name, image='', flavor='1', nics='none').id for name in ('one', 'two')
        ]
        for server_id in ids:
            self.until_status(server_id, 'ACTIVE')
        self.assertEqual([s.id for s in servers.list(search_opts={'name': 'tw'})], ids[1:])
        self.assertEqual(servers.list(search_opts={'status': 'SHUTOFF'}), [])
        self.assertEqual(len(servers.list(limit=1)), 1)
        self.refused(400, lambda: servers.list(search_opts={'name': '('}))

    def test_what_does_not_exist_is_refused_in_novas_words(self) -> None:
        nova, unknown = self.nova(), str(uuid.uuid4())
        message = self.refused(404, lambda: nova.servers.get(unknown))
        self.assertEqual(message, f'Instance {unknown} could not be found.')
        self.refused(400, lambda: nova.servers.create('s', image='', flavor='9', nics='none'))
        self.refused(404, lambda: nova.flavors.get('9'))
        self.assertEqual([flavor.name for flavor in nova.flavors.list()], ['m1.tiny', 'm1.small'])
        self.refused(400, lambda: nova.servers.lock(self.boot()))


class VersionTest(ComputeTest):
    def test_a_client_finds_the_newest_version(self) -> None:
        found = api_versions.discover_version(self.nova(), api_versions.APIVersion('2.latest'))
        self.assertEqual(found.get_string(), '2.96')

    def test_an_unmodified_client_needs_endpoint_and_token_only(self) -> None:
        client = nova_client.Client(
            '2',
            endpoint_override=self.compute.url,
            auth_token='admin:demo',
            auth_url='none',
            session=self.nova().client.session,
        )
        self.assertEqual(client.servers.list(), [])

    def test_each_answer_tells_its_version(self) -> None:
        headers = {'X-Auth-Token': 'admin:demo', 'OpenStack-API-Version': 'compute 2.60'}
        for path, code in (('servers', 200), ('servers/x', 404), ('nothing', 404)):
            answer = requests.get(f'{self.compute.url}/{path}', headers=headers)
            self.assertEqual(answer.status_code, code)
            self.assertEqual(answer.headers['OpenStack-API-Version'], 'compute 2.60')

    def test_a_version_out_of_range_or_none_is_refused(self) -> None:
        for version, code in (('2.999', 406), ('3.0', 406), ('two', 400)):
            answer = requests.get(
                f'{self.compute.url}/servers',
                headers={
                    'X-Auth-Token': 'admin:demo',
                    'OpenStack-API-Version': f'compute {version}',
                },
            )
            self.assertEqual(answer.status_code, code, version)

    def test_a_body_that_is_no_json_is_refused(self) -> None:
        answer = requests.post(
            f'{self.compute.url}/servers',
            data='{',
            headers={'X-Auth-Token': 'admin:demo', 'Content-Type': 'application/json'},
        )
        self.assertEqual((answer.status_code, answer.json()['badRequest']['code']), (400, 400))


class RestartTest(ComputeTest):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.boot()
        self.volume = self.attach(self.server)

    def test_a_server_runs_on_while_the_service_is_restarted(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number):
                pid = self.disks(self.server)[0]['pid']
                self.compute.end(number)
                self.assertTrue(os.path.exists(f'/proc/{pid}'))
                self.compute.start()
                self.assertEqual(self.disks(self.server)[0]['pid'], pid)
                self.until_status(self.server, 'ACTIVE')
        self.snapshot(self.volume, 's1')
        self.assertEqual(self.chain(self.server), ['s1', f'volume-{self.volume}'])

    def test_a_server_whose_daemon_died_meanwhile_is_shut_off(self) -> None:
        pid = self.disks(self.server)[0]['pid']
        self.compute.end()
        os.kill(pid, signal.SIGKILL)
        self.compute.start()
        self.until_status(self.server, 'SHUTOFF')
        self.nova().servers.start(self.server)
        self.until_status(self.server, 'ACTIVE')
        self.assertEqual(self.chain(self.server), [f'volume-{self.volume}'])

    def test_a_service_killed_before_its_refresh_knows_what_is_open(self) -> None:
        info = self.make_overlay(self.volume, 's1')
        self.cinder.finish = lambda snapshot_id: 'creating'
        self.nova('cinder:service', '2.1').assisted_volume_snapshots.create(self.volume, info)
        self.told()
        self.compute.end(signal.SIGKILL)
        self.compute.start()
        self.assertEqual(self.chain(self.server), ['s1', f'volume-{self.volume}'])
        self.nova().servers.reboot(self.server, 'SOFT')
        self.until_status(self.server, 'ACTIVE')
        self.assertEqual(self.chain(self.server), ['s1', f'volume-{self.volume}'])
