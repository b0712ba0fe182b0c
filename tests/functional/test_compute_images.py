# SPDX-License-Identifier: Apache-2.0
"""The image service under the client that Cinder uses for it, and under tempest's."""

from __future__ import annotations

import importlib.util
import io
import os
import pathlib
import socket
import unittest
import urllib.parse
import uuid
from typing import Any

import glanceclient
import requests
from glanceclient import exc

from nova_assist.compute.glance.stand_ins import STAND_IN
from tests.functional.compute_support import MIB, ComputeTest
from tests.functional.test_compute_tempest import Token

if importlib.util.find_spec('tempest') is not None:
    from tempest.lib import exceptions
    from tempest.lib.services import image as clients


class ImagesTest(ComputeTest):
    def setUp(self) -> None:
        super().setUp()
        self.mine = self.glance('mine')

    def glance(self, token: str) -> Any:
        """Return the client of a project; it would spell a colon in a token in another way."""
        return glanceclient.Client('2', self.base(), token=token).images

    def base(self) -> str:
        return self.compute.url.replace('/v2.1', '/image')

    def create(self, data: bytes | None = None, **wanted: Any) -> str:
        made = self.mine.create(disk_format='raw', container_format='bare', **wanted)
        if data is not None:
            self.mine.upload(made.id, io.BytesIO(data))
        return str(made.id)

    def names(self, token: str, **filters: Any) -> set[str]:
        images = self.glance(token).list(filters=filters)
        return {each.name for each in images} - {'stand-in', 'console-guest'}

    def stored(self) -> list[str]:
        folder = pathlib.Path(self.folder, 'compute', 'images')
        return sorted(each.name for each in folder.iterdir() if each.name[:4] != STAND_IN.id[:4])

    def test_data_comes_back_and_is_checked(self) -> None:
        data = os.urandom(3 * MIB + 7) + bytes(MIB)
        image = self.create(data, name='n', hw_disk_bus='virtio')
        shown = self.mine.get(image)
        self.assertEqual(
            ('active', len(data), len(data)), (shown.status, shown.size, shown.virtual_size)
        )
        self.assertEqual('virtio', shown.hw_disk_bus)
        self.assertEqual(data, b''.join(self.mine.data(image)))
        part = requests.get(
            f'{self.base()}/v2/images/{image}/file',
            headers={'X-Auth-Token': 'mine', 'Range': 'bytes=5-9'},
        )
        self.assertEqual(data[5:10], part.content)

    def test_image_is_queued_until_its_data_is_there_and_takes_none_twice(self) -> None:
        image = self.create()
        self.assertEqual('queued', self.mine.get(image).status)
        self.assertIsNone(self.mine.data(image).wrapped)
        self.mine.upload(image, io.BytesIO(b'data'))
        with self.assertRaises(exc.HTTPConflict):
            self.mine.upload(image, io.BytesIO(b'other'))

    def test_data_that_is_cut_off_leaves_the_image_waiting(self) -> None:
        image = self.create()
        place = urllib.parse.urlsplit(self.base())
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.sendall(
                f'PUT {place.path}/v2/images/{image}/file HTTP/1.1\r\nHost: x\r\n'
                f'X-Auth-Token: mine\r\nContent-Type: application/octet-stream\r\n'
                f'Content-Length: {8 * MIB}\r\n\r\n'.encode()
                + bytes(3 * MIB)
            )
            self.until(lambda: self.mine.get(image).status == 'saving', 'it is being sent')
        self.until(lambda: self.mine.get(image).status == 'queued', 'it waits again')
        self.assertEqual([f'{image}.json'], self.stored())
        self.mine.upload(image, io.BytesIO(b'data'))
        self.assertEqual(b'data', b''.join(self.mine.data(image)))

    def test_images_outlive_the_service(self) -> None:
        image = self.create(b'data', name='n')
        before = self.mine.get(image)
        self.compute.end()
        self.compute.start()
        self.mine = self.glance('mine')
        self.assertEqual(before, self.mine.get(image))
        self.assertEqual(b'data', b''.join(self.mine.data(image)))

    def test_who_sees_and_changes_an_image(self) -> None:
        private, shared, community = (
            self.create(b'd', name=name, visibility=name)
            for name in ('private', 'shared', 'community')
        )
        other = self.glance('other')
        self.assertEqual({'private', 'shared', 'community'}, self.names('mine'))
        self.assertEqual(set(), self.names('other'))
        self.assertEqual({'community'}, self.names('other', visibility='community'))
        self.assertEqual({'private', 'shared', 'community'}, self.names('admin'))
        for image in (private, shared):
            with self.assertRaises(exc.HTTPNotFound):
                other.get(image)
        with self.assertRaises(exc.HTTPForbidden):
            other.delete(community)
        with self.assertRaises(exc.HTTPForbidden):
            self.mine.update(private, visibility='public')
        self.glance('admin').update(private, visibility='public')
        self.assertEqual({'private'}, self.names('other'))

    def test_cinder_sees_all_images_without_a_token(self) -> None:
        image = self.create(b'data', visibility='private')
        answer = requests.get(f'{self.base()}/v2/images/{image}/file')
        self.assertEqual(b'data', answer.content)

    def test_changes_and_protection(self) -> None:
        image = self.create(b'd', name='n', kept='1', gone='2')
        self.mine.update(image, remove_props=['gone'], name='m', protected=True, added='3')
        shown = self.mine.get(image)
        self.assertEqual(('m', '1', '3'), (shown.name, shown.kept, shown.added))
        self.assertNotIn('gone', shown)
        with self.assertRaises(exc.HTTPForbidden):
            self.mine.delete(image)
        self.mine.update(image, protected=False)
        self.mine.delete(image)
        self.assertEqual([], self.stored())
        with self.assertRaises(exc.HTTPNotFound):
            self.mine.get(image)

    def test_pages_are_followed(self) -> None:
        for number in range(5):
            self.create(name=f'n{number}')
        self.assertEqual(7, len(list(self.mine.list(page_size=2))))
        self.assertEqual(['n3'], [each.name for each in self.mine.list(filters={'name': 'n3'})])

    def test_id_of_the_clients_choice_once(self) -> None:
        chosen = str(uuid.uuid4())
        self.assertEqual(chosen, self.create(id=chosen))
        with self.assertRaises(exc.HTTPConflict):
            self.create(id=chosen)

    def test_gigabytes_of_nothing_take_no_room(self) -> None:
        source = self.folder / 'zeros'
        with source.open('wb') as file:
            file.truncate(1 << 30)
        image = self.create()
        with source.open('rb') as file:
            self.mine.upload(image, file)
        (stored,) = self.folder.glob(f'compute/images/{image}.data')
        self.assertEqual(1 << 30, stored.stat().st_size)
        self.assertLess(stored.stat().st_blocks * 512, MIB)


@unittest.skipIf(importlib.util.find_spec('tempest') is None, 'tempest is not installed')
class MembersTest(ComputeTest):
    def client(self, name: str, token: str) -> Any:
        url = self.compute.url.replace('/v2.1', '/image/v2')
        return getattr(clients.v2, name)(Token(url, token), 'image', 'RegionOne')

    def setUp(self) -> None:
        super().setUp()
        self.images = self.client('ImagesClient', 'user:mine')
        self.members = self.client('ImageMembersClient', 'user:mine')
        self.theirs = self.client('ImageMembersClient', 'user:theirs')
        self.image = self.images.create_image(name='n')['id']

    def seen(self) -> list[str]:
        theirs = self.client('ImagesClient', 'user:theirs')
        shown = [each['name'] for each in theirs.list_images()['images']]
        return [name for name in shown if name == 'n']

    def test_image_is_in_a_members_list_once_accepted(self) -> None:
        made = self.members.create_image_member(self.image, member='theirs')
        self.assertEqual(('theirs', 'pending'), (made['member_id'], made['status']))
        self.assertEqual([], self.seen())
        self.client('ImagesClient', 'user:theirs').show_image(self.image)
        self.theirs.update_image_member(self.image, 'theirs', status='accepted')
        self.assertEqual(['n'], self.seen())
        (listed,) = self.members.list_image_members(self.image)['members']
        self.assertEqual(self.theirs.show_image_member(self.image, 'theirs')['status'], 'accepted')
        self.assertEqual(listed['status'], 'accepted')
        self.members.delete_image_member(self.image, 'theirs')
        self.assertEqual([], self.seen())

    def test_what_members_and_strangers_may_not(self) -> None:
        self.members.create_image_member(self.image, member='theirs')
        with self.assertRaises(exceptions.Conflict):
            self.members.create_image_member(self.image, member='theirs')
        with self.assertRaises(exceptions.Forbidden):
            self.members.update_image_member(self.image, 'theirs', status='accepted')
        with self.assertRaises(exceptions.Forbidden):
            self.theirs.delete_image_member(self.image, 'theirs')
        with self.assertRaises(exceptions.BadRequest):
            self.theirs.update_image_member(self.image, 'theirs', status='perhaps')
        stranger = self.client('ImageMembersClient', 'user:stranger')
        with self.assertRaises(exceptions.NotFound):
            stranger.list_image_members(self.image)
        with self.assertRaises(exceptions.NotFound):
            self.members.delete_image_member(self.image, 'stranger')

    def test_only_shared_images_have_members(self) -> None:
        self.images.update_image(self.image, [{'replace': '/visibility', 'value': 'private'}])
        with self.assertRaises(exceptions.Forbidden):
            self.members.create_image_member(self.image, member='theirs')

    def test_data_of_another_kind_and_of_an_image_without_formats_is_refused(self) -> None:
        with self.assertRaises(exceptions.BadRequest):
            self.images.store_image_file(self.image, io.BytesIO(b'data'))
        url = self.compute.url.replace('/v2.1', f'/image/v2/images/{self.image}/file')
        answer = requests.put(url, headers={'X-Auth-Token': 'user:mine'}, json={})
        self.assertIn(answer.status_code, (400, 415))
