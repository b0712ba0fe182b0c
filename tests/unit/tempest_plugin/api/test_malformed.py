# SPDX-License-Identifier: Apache-2.0
import unittest

import jsonschema

from tempest_plugin.api import test_assisted_requests as requests
from tests.unit.tempest_plugin.support import VOLUME


def _object(**properties):
    return {
        'type': 'object',
        'properties': properties,
        'required': sorted(set(properties) - {'id'}),
        'additionalProperties': False,
    }


TEXT = {'type': 'string', 'minLength': 1}
#: What Nova's documentation says of the body.
SCHEMA = _object(
    snapshot=_object(
        volume_id=TEXT,
        create_info=_object(snapshot_id=TEXT, new_file=TEXT, id=TEXT, type={'enum': ['qcow2']}),
    )
)


class MalformedTest(unittest.TestCase):
    def test_good_body_is_what_nova_wants(self):
        jsonschema.validate(requests.create_body(VOLUME), SCHEMA)

    def test_each_malformed_body_is_not(self):
        body = requests.create_body(VOLUME)
        names = []
        for name, bad in requests.malformed(body):
            names.append(name)
            with self.subTest(name):
                self.assertRaises(jsonschema.ValidationError, jsonschema.validate, bad, SCHEMA)
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertGreater(len(names), 20)
        jsonschema.validate(body, SCHEMA)
