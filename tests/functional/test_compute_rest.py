# SPDX-License-Identifier: Apache-2.0
"""The compute service through REST, as Cinder and python-novaclient use it."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import signal
import uuid
from functools import partial
from typing import Any

import requests
from novaclient import api_versions
from novaclient import client as nova_client

from tests.functional.compute_support import MIB, ComputeTest


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
        self.assertEqual([image['name'] for image in images], ['stand-in', 'console-guest'])
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


class AssistedTest(ComputeTest):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.boot()
        self.volume = self.attach(self.server)
        self.base = f'volume-{self.volume}'
        self.assisted = self.nova('cinder:service', '2.1').assisted_volume_snapshots

    def delete(self, snapshot_id: str, **info: str | None) -> None:
        self.assisted.delete(snapshot_id, {'volume_id': self.volume, 'type': 'qcow2', **info})

    def until_refreshed(self, name: str) -> None:
        self.until(
            lambda: self.disks(self.server)[0]['connection']['name'] == name,
            f'the connection is refreshed to {name}',
        )

    def test_a_snapshot_is_made_reported_and_the_connection_refreshed(self) -> None:
        self.snapshot(self.volume, 's1')
        self.assertEqual(self.chain(self.server), ['s1', self.base])
        self.until_refreshed('s1')

    def test_the_connection_is_refreshed_only_when_cinder_has_left_creating(self) -> None:
        info = self.make_overlay(self.volume, 's1')
        self.cinder.finish = lambda snapshot_id: 'creating'
        self.assisted.create(self.volume, info)
        self.assertEqual(self.told()[:3], ('s1', 'creating', '90%'))
        self.assertEqual(self.disks(self.server)[0]['connection']['name'], self.base)
        self.cinder.connections[self.volume] = {'name': 's1', 'format': 'qcow2'}
        self.cinder.snapshots['s1'] = 'available'
        self.until_refreshed('s1')

    def test_the_three_kinds_of_delete(self) -> None:
        for name in ('s1', 's2', 's3'):
            self.snapshot(self.volume, name)
        self.delete('s2', file_to_merge='s2', merge_target_file='s1')
        self.assertEqual(self.told(), ('s2', 'deleting', '90%', 'cinder:service'))
        self.assertEqual(self.chain(self.server), ['s3', 's1', self.base])
        self.delete('s3', file_to_merge=self.base, merge_target_file=None)
        self.assertEqual(self.told()[:3], ('s3', 'deleting', '90%'))
        self.assertEqual(self.chain(self.server), ['s3', self.base])
        self.delete('s1', file_to_merge=None, merge_target_file=None)
        self.assertEqual(self.told()[:3], ('s1', 'deleting', '90%'))
        self.assertEqual(self.chain(self.server), ['s3'])

    def test_a_missing_overlay_is_reported_as_error(self) -> None:
        self.assisted.create(
            self.volume, {'snapshot_id': 's1', 'type': 'qcow2', 'new_file': 'missing'}
        )
        self.assertEqual(self.told()[:3], ('s1', 'error', '90%'))
        self.assertEqual(self.chain(self.server), [self.base])

    def test_a_merge_of_a_file_not_in_the_chain_is_reported_as_error(self) -> None:
        self.snapshot(self.volume, 's1')
        self.delete('s1', file_to_merge='x', merge_target_file=self.base)
        self.assertEqual(self.told()[:3], ('s1', 'error_deleting', '90%'))

    def test_an_unknown_volume_is_refused(self) -> None:
        info = {'snapshot_id': 's', 'type': 'qcow2', 'new_file': 'f'}
        message = self.refused(400, lambda: self.assisted.create('unknown', info))
        self.assertEqual(message, 'No volume Block Device Mapping with id unknown.')
        self.volume = 'unknown'
        self.refused(400, lambda: self.delete('s', file_to_merge=None, merge_target_file=None))

    def test_a_delete_without_usable_delete_info_is_refused(self) -> None:
        for info in ({}, {'type': 'qcow2'}, [], None):
            with self.subTest(info):
                self.refused(400, lambda info=info: self.assisted.delete('s', info))
        answer = requests.delete(
            f'{self.compute.url}/os-assisted-volume-snapshots/s',
            headers={'X-Auth-Token': 'cinder:service'},
        )
        self.assertEqual(answer.status_code, 400)

    def test_users_may_not_and_strangers_must_not(self) -> None:
        url = f'{self.compute.url}/os-assisted-volume-snapshots'
        body = {'snapshot': {'volume_id': self.volume}}
        body['snapshot']['create_info'] = self.make_overlay(self.volume, 's1')  # type: ignore
        for headers, code, fault in (
            ({}, 401, 'unauthorized'),
            ({'X-Auth-Token': 'user:demo'}, 403, 'forbidden'),
        ):
            answer = requests.post(url, json=body, headers=headers)
            self.assertEqual(answer.status_code, code)
            self.assertEqual(answer.json()[fault]['code'], code)
        self.assertEqual(self.chain(self.server), [self.base])

    def test_a_stopped_server_gets_the_snapshot_at_its_next_start(self) -> None:
        self.nova().servers.stop(self.server)
        self.until_status(self.server, 'SHUTOFF')
        self.snapshot(self.volume, 's1')
        self.until_refreshed('s1')
        self.nova().servers.start(self.server)
        self.until_status(self.server, 'ACTIVE')
        self.assertEqual(self.chain(self.server), ['s1', self.base])

    def test_a_stopped_server_pulls_by_qemu_img_and_refuses_to_commit(self) -> None:
        for name in ('s1', 's2'):
            self.snapshot(self.volume, name)
        self.until_refreshed('s2')
        self.nova().servers.stop(self.server)
        self.until_status(self.server, 'SHUTOFF')
        message = self.refused(
            400, lambda: self.delete('s1', file_to_merge='s1', merge_target_file=self.base)
        )
        self.assertEqual(
            message,
            f'Instance {self.server} in vm_state stopped. Cannot volume_snapshot_delete while '
            'the instance is in this state.',
        )
        self.delete('s2', file_to_merge=self.base, merge_target_file=None)
        self.assertEqual(self.told()[:3], ('s2', 'deleting', '90%'))
        info = json.loads(self.qemu_img('info', '--output=json', 's2'))
        self.assertEqual(info['backing-filename'], self.base)

    def test_a_hard_reboot_opens_what_cinder_told_last_a_soft_one_what_was_open(self) -> None:
        info = self.make_overlay(self.volume, 's1')
        self.cinder.finish = lambda snapshot_id: 'creating'
        self.assisted.create(self.volume, info)
        self.told()
        self.nova().servers.reboot(self.server, 'SOFT')
        self.until_status(self.server, 'ACTIVE')
        self.assertEqual(self.chain(self.server), ['s1', self.base])
        self.nova().servers.reboot(self.server, 'HARD')
        self.until_status(self.server, 'ACTIVE')
        self.assertEqual(self.chain(self.server), [self.base])
        self.cinder.snapshots['s1'] = 'error'

    def test_a_volume_of_two_servers_is_refused(self) -> None:
        self.cinder.volumes[self.volume].update(multiattach=True, status='available')
        other = self.boot()
        self.nova().volumes.create_server_volume(other, self.volume)
        message = self.refused(
            400, lambda: self.delete('s', file_to_merge=None, merge_target_file=None)
        )
        self.assertIn('is a multi-attach volume', message)

    def test_a_server_that_is_gone_reports_nothing(self) -> None:
        self.nova().servers.delete(self.server)
        self.until(lambda: not self.nova().servers.list(), 'server is gone')
        self.refused(400, lambda: self.delete('s', file_to_merge=None, merge_target_file=None))
        self.assertTrue(self.cinder.told.empty())


class AttachmentTest(ComputeTest):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.boot()

    def test_an_attached_volume_is_listed_in_each_versions_form(self) -> None:
        volume = self.attach(self.server)
        old = self.nova(version='2.1').volumes.get_server_volume(self.server, volume).to_dict()
        self.assertEqual(
            old,
            {
                'id': volume,
                'volumeId': volume,
                'serverId': self.server,
                'device': '/dev/vdb',
            },
        )
        (new,) = self.nova(version='2.89').volumes.get_server_volumes(self.server)
        self.assertIn(new.attachment_id, self.cinder.attachments)
        self.assertFalse(hasattr(new, 'id'))
        uuid.UUID(new.bdm_uuid)

    def test_a_detached_volume_is_free_and_closed(self) -> None:
        volume = self.attach(self.server)
        pid = self.disks(self.server)[0]['pid']
        self.nova().volumes.delete_server_volume(self.server, volume)
        self.until(lambda: not self.cinder.attachments, 'the attachment is deleted')
        self.until(lambda: not self.disks(self.server), 'the disk is gone')
        targets = [os.readlink(fd) for fd in pathlib.Path(f'/proc/{pid}/fd').iterdir()]
        self.assertFalse([target for target in targets if volume in target])

    def test_a_volume_that_can_not_be_opened_is_free_again(self) -> None:
        volume = self.cinder.add_volume()
        self.nova().volumes.create_server_volume(self.server, volume)
        self.until(lambda: not self.cinder.attachments, 'the attachment is deleted')
        self.until(lambda: not self.disks(self.server), 'the attachment is forgotten')
        self.assertEqual(self.cinder.volumes[volume]['status'], 'available')

    def test_what_can_not_be_attached_is_refused(self) -> None:
        attached, reserved = self.attach(self.server), self.cinder.add_volume(status='reserved')
        shared = self.cinder.add_volume(multiattach=True)
        unknown = str(uuid.uuid4())
        for version, server, volume, code in (
            ('2.89', self.server, attached, 400),
            ('2.89', self.server, reserved, 400),
            ('2.89', self.server, unknown, 404),
            ('2.89', unknown, reserved, 404),
            ('2.59', self.server, shared, 400),
        ):
            with self.subTest(volume=volume, server=server):
                volumes = self.nova(version=version).volumes
                self.refused(code, partial(volumes.create_server_volume, server, volume))

    def test_what_is_not_attached_is_not_found(self) -> None:
        volume = self.cinder.add_volume()
        volumes = self.nova().volumes
        message = self.refused(404, lambda: volumes.get_server_volume(self.server, volume))
        self.assertEqual(message, f'Instance {self.server} is not attached to volume {volume}')
        self.refused(404, lambda: volumes.delete_server_volume(self.server, volume))

    def test_a_deleted_server_gives_its_volumes_back(self) -> None:
        volume = self.attach(self.server)
        self.nova().servers.delete(self.server)
        self.until(lambda: not self.nova().servers.list(), 'server is gone')
        self.assertEqual(self.cinder.volumes[volume]['status'], 'available')
        self.refused(404, lambda: self.nova().servers.get(self.server))

    def test_an_extended_volume_grows_in_the_guest(self) -> None:
        volume = self.attach(self.server)
        self.cinder.volumes[volume]['size'] = 2
        events: list[dict[str, Any]] = [
            {'name': 'volume-extended', 'server_uuid': self.server, 'tag': volume}
        ]
        answers = self.nova(version='2.51').server_external_events.create(events)
        self.assertEqual([answer['code'] for answer in answers], [200])
        self.until(lambda: self.disks(self.server)[0]['size'] == 2048 * MIB, 'it has grown')

    def test_events_that_can_not_be_delivered_say_so(self) -> None:
        events: list[dict[str, Any]] = [
            {'name': 'network-changed', 'server_uuid': self.server},
            {'name': 'volume-extended', 'server_uuid': self.server},
            {'name': 'network-changed', 'server_uuid': str(uuid.uuid4())},
        ]
        answer = requests.post(
            f'{self.compute.url}/os-server-external-events',
            json={'events': events},
            headers={'X-Auth-Token': 'cinder:service', 'OpenStack-API-Version': 'compute 2.51'},
        )
        self.assertEqual(answer.status_code, 207)
        found = [(event['code'], event['status']) for event in answer.json()['events']]
        self.assertEqual(found, [(200, 'completed'), (400, 'failed'), (404, 'failed')])


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
