# SPDX-License-Identifier: Apache-2.0
import json
import unittest
from urllib import parse

from tempest.lib import exceptions

from tempest_plugin.services.compute import AssistedSnapshotsClient, FaultsClient
from tests.unit.tempest_plugin.support import SNAPSHOT, VOLUME, FakeCloud

CREATED = {'snapshot': {'id': None, 'volumeId': VOLUME}}


class AssistedSnapshotsClientTest(unittest.TestCase):
    def test_creation_sends_the_body_as_it_is(self):
        for body in ({'snapshot': {'volume_id': VOLUME}}, {}, [], 'text'):
            with self.subTest(body=body):
                cloud = FakeCloud(AssistedSnapshotsClient, 200, CREATED)
                answer = cloud.client.create(body)
                (sent,) = cloud.asked
                self.assertEqual(('POST', 'os-assisted-volume-snapshots'), sent[:2])
                self.assertEqual(body or None, sent[2] or None)
                self.assertEqual(CREATED, answer)

    def test_deletion_says_which_files_to_merge(self):
        cloud = FakeCloud(AssistedSnapshotsClient, 204)
        info = {'volume_id': VOLUME, 'file_to_merge': None, 'merge_target_file': 'a b&c'}
        cloud.client.merge(SNAPSHOT, info)
        ((method, url, body),) = cloud.asked
        address, _, query = url.partition('?')
        self.assertEqual(('DELETE', None), (method, body))
        self.assertEqual(f'os-assisted-volume-snapshots/{SNAPSHOT}', address)
        self.assertEqual(info, json.loads(dict(parse.parse_qsl(query))['delete_info']))

    def test_deletion_by_any_query(self):
        cloud = FakeCloud(AssistedSnapshotsClient, 204)
        cloud.client.merge_by_query(SNAPSHOT, {'other': '1', 'delete_info': 'no JSON'})
        query = cloud.asked[0][1].partition('?')[2]
        self.assertEqual({'other': '1', 'delete_info': 'no JSON'}, dict(parse.parse_qsl(query)))

    def test_refusals_are_told_apart(self):
        for status, error in (
            (400, exceptions.BadRequest),
            (403, exceptions.Forbidden),
            (404, exceptions.NotFound),
        ):
            with self.subTest(status):
                cloud = FakeCloud(AssistedSnapshotsClient, status, {'badRequest': {}})
                self.assertRaises(error, cloud.client.create, {})
                self.assertRaises(error, cloud.client.merge, SNAPSHOT, {})

    def test_another_success_than_documented_is_a_failure(self):
        cloud = FakeCloud(AssistedSnapshotsClient, 202, CREATED)
        self.assertRaises(exceptions.InvalidHttpSuccessCode, cloud.client.create, {})
        self.assertRaises(exceptions.InvalidHttpSuccessCode, cloud.client.merge, SNAPSHOT, {})


class FaultsClientTest(unittest.TestCase):
    def test_faults_are_set_shown_and_lifted_outside_of_novas_urls(self):
        fault = {'fault': {'held': 1}}
        for call, status, answer, asked in (
            ('set_fault', 200, fault, ('PUT', {'fault': 'late-work'})),
            ('show_fault', 200, fault, ('GET', None)),
            ('lift_fault', 204, None, ('DELETE', None)),
        ):
            with self.subTest(call):
                cloud = FakeCloud(FaultsClient, status, answer)
                arguments = ('late-work',) if call == 'set_fault' else ()
                told = getattr(cloud.client, call)(VOLUME, *arguments)
                ((method, url, body),) = cloud.asked
                self.assertEqual((*asked, f'assist/faults/{VOLUME}'), (method, body, url))
                self.assertEqual(answer, told or None)
                self.assertTrue(cloud.client.filters['skip_path'])

    def test_cloud_without_faults_is_told(self):
        cloud = FakeCloud(FaultsClient, 404, {'itemNotFound': {}})
        self.assertRaises(exceptions.NotFound, cloud.client.set_fault, VOLUME, 'late-work')
