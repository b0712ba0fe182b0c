# SPDX-License-Identifier: Apache-2.0
"""Assisted volume snapshots through REST, as Cinder asks for them."""

from __future__ import annotations

import json

import requests

from tests.functional.compute_support import ComputeTest


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
