# SPDX-License-Identifier: Apache-2.0
"""Volumes come to a server and go through REST, as python-novaclient asks for it."""

from __future__ import annotations

import os
import pathlib
import uuid
from functools import partial
from typing import Any

import requests

from tests.functional.compute_support import MIB, ComputeTest


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

    def test_a_reboot_forgets_an_attachment_that_cinder_has_no_more(self) -> None:
        gone, kept = self.attach(self.server), self.attach(self.server)
        for item, volume in list(self.cinder.attachments.items()):
            if volume == gone:
                del self.cinder.attachments[item]
        self.nova().servers.reboot(self.server, 'HARD')
        self.until_status(self.server, 'ACTIVE')
        (left,) = self.nova().volumes.get_server_volumes(self.server)
        self.assertEqual(kept, left.volumeId)

    def test_a_reboot_deletes_an_attachment_that_cinder_alone_knows(self) -> None:
        volume = self.attach(self.server)
        known = dict(self.cinder.attachments)
        self.cinder.attachments['unknown'] = volume
        self.nova().servers.reboot(self.server, 'HARD')
        self.until_status(self.server, 'ACTIVE')
        self.assertEqual(known, self.cinder.attachments)

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
