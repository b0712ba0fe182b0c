# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import unittest
from typing import Any

from nova_assist.compute import errors
from nova_assist.compute.api import schemas

CREATE: dict[str, Any] = {
    'snapshot': {
        'volume_id': 'v',
        'create_info': {'snapshot_id': 's', 'type': 'qcow2', 'new_file': 'f', 'id': 'i'},
    }
}
SERVER_ID = '0b0a39a6-6d13-4b1b-9d1e-5a9b8ed1c001'


class AssistedCreateTest(unittest.TestCase):
    def test_what_cinder_sends_is_accepted(self) -> None:
        schemas.validate(CREATE, schemas.ASSISTED_CREATE)

    def test_a_missing_key_is_refused(self) -> None:
        for key in ('snapshot_id', 'type', 'new_file'):
            body = copy.deepcopy(CREATE)
            del body['snapshot']['create_info'][key]
            with self.subTest(key), self.assertRaisesRegex(errors.BadRequest, key):
                schemas.validate(body, schemas.ASSISTED_CREATE)

    def test_a_key_too_many_is_refused(self) -> None:
        body = copy.deepcopy(CREATE)
        body['snapshot']['create_info']['connection_info'] = {}
        with self.assertRaisesRegex(errors.BadRequest, 'connection_info'):
            schemas.validate(body, schemas.ASSISTED_CREATE)

    def test_a_type_other_than_qcow2_is_refused_in_words_that_name_the_field(self) -> None:
        body = copy.deepcopy(CREATE)
        body['snapshot']['create_info']['type'] = 'raw'
        with self.assertRaisesRegex(
            errors.BadRequest, 'Invalid input for field/attribute type. Value: raw. '
        ):
            schemas.validate(body, schemas.ASSISTED_CREATE)

    def test_a_body_that_is_no_mapping_is_refused(self) -> None:
        with self.assertRaises(errors.BadRequest):
            schemas.validate([], schemas.ASSISTED_CREATE)


class VersionTest(unittest.TestCase):
    def test_volume_extended_came_with_2_51(self) -> None:
        body = {'events': [{'name': 'volume-extended', 'server_uuid': SERVER_ID, 'tag': 'v'}]}
        schemas.validate(body, schemas.external_events((2, 51)))
        with self.assertRaises(errors.BadRequest):
            schemas.validate(body, schemas.external_events((2, 50)))

    def test_delete_on_termination_came_with_2_79(self) -> None:
        body = {'volumeAttachment': {'volumeId': SERVER_ID, 'delete_on_termination': True}}
        schemas.validate(body, schemas.attachment_create((2, 79)))
        with self.assertRaises(errors.BadRequest):
            schemas.validate(body, schemas.attachment_create((2, 78)))

    def test_networks_have_to_be_named_from_2_37_on(self) -> None:
        body = {'server': {'name': 'n', 'flavorRef': '1'}}
        schemas.validate(body, schemas.server_create((2, 36)))
        with self.assertRaises(errors.BadRequest):
            schemas.validate(body, schemas.server_create((2, 37)))

    def test_a_volume_id_has_to_be_a_uuid(self) -> None:
        with self.assertRaisesRegex(errors.BadRequest, "'v' is not a 'uuid'"):
            schemas.validate(
                {'volumeAttachment': {'volumeId': 'v'}}, schemas.attachment_create((2, 1))
            )

    def test_text_that_means_true(self) -> None:
        for value, meaning in ((True, True), ('YES', True), ('off', False), (False, False)):
            with self.subTest(value):
                self.assertIs(schemas.boolean(value), meaning)
