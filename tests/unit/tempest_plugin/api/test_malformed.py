# SPDX-License-Identifier: Apache-2.0
import json
import unittest

import jsonschema

from tempest_plugin.api import bodies
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
        jsonschema.validate(bodies.create_body(VOLUME), SCHEMA)

    def test_each_malformed_body_is_not(self):
        body = bodies.create_body(VOLUME)
        names = []
        for name, bad in bodies.malformed(body):
            names.append(name)
            with self.subTest(name):
                self.assertRaises(jsonschema.ValidationError, jsonschema.validate, bad, SCHEMA)
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertGreater(len(names), 20)
        jsonschema.validate(body, SCHEMA)


#: What Nova reads of the query of a deletion, as far as it needs it to find the volume.
DELETE_INFO = {
    'type': 'object',
    'properties': {'volume_id': {'type': 'string', 'format': 'uuid', 'minLength': 36}},
    'required': ['volume_id'],
}


class MalformedQueriesTest(unittest.TestCase):
    def test_good_query_says_the_volume(self):
        jsonschema.validate(bodies.merge_info(VOLUME), DELETE_INFO)

    def test_no_malformed_query_does(self):
        names = []
        for name, query in bodies.malformed_queries(VOLUME):
            names.append(name)
            with self.subTest(name), self.assertRaises((KeyError, ValueError)):
                info = json.loads(query['delete_info'])
                try:
                    jsonschema.validate(info, DELETE_INFO)
                except jsonschema.ValidationError as error:
                    raise ValueError from error
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertGreater(len(names), 9)
