# SPDX-License-Identifier: Apache-2.0
"""Requests for assisted snapshots that break Nova's schema, in every way."""

from __future__ import annotations

from typing import Any

import requests

from tests.functional.compute_support import ComputeTest


class SchemaTest(ComputeTest):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.boot()
        self.volume = self.attach(self.server)

    def post(self, **body: Any) -> requests.Response:
        return requests.post(
            f'{self.compute.url}/os-assisted-volume-snapshots',
            headers={'X-Auth-Token': 'cinder:service', 'Content-Type': 'application/json'},
            **body,
        )

    def test_whatever_breaks_the_schema_is_refused_and_nothing_is_done(self) -> None:
        info: dict[str, Any] = self.make_overlay(self.volume, 's1')
        snapshot: dict[str, Any] = {'volume_id': self.volume, 'create_info': info}
        wrong = ('', None, 1, True, [], {})
        broken = [
            *(
                {'snapshot': {**snapshot, 'create_info': {**info, key: value}}}
                for key in (*info, 'id')
                for value in wrong
            ),
            *(
                {'snapshot': {**snapshot, 'create_info': {**info, 'type': value}}}
                for value in ('raw', 'QCOW2', 'qcow2 ')
            ),
            *({'snapshot': {**snapshot, 'volume_id': value}} for value in wrong),
            *({'snapshot': {**snapshot, 'create_info': value}} for value in wrong),
            *({'snapshot': value} for value in wrong),
            {'snapshot': {**snapshot, 'create_info': {**info, 'more': 1}}},
            {'snapshot': {**snapshot, 'more': 1}},
            {'snapshot': snapshot, 'more': 1},
            *({'snapshot': {**snapshot, 'create_info': _without(info, key)}} for key in info),
            *({'snapshot': _without(snapshot, key)} for key in snapshot),
            *wrong,
        ]
        for body in broken:
            with self.subTest(body):
                answer = self.post(json=body)
                self.assertEqual(answer.status_code, 400, answer.text)
                self.assertEqual(answer.json()['badRequest']['code'], 400)
        for data in (b'', b'{', b'\xff'):
            with self.subTest(data):
                self.assertEqual(self.post(data=data).status_code, 400)
        self.assertEqual(self.chain(self.server), [f'volume-{self.volume}'])
        self.assertTrue(self.cinder.told.empty())
        self.assertEqual(self.post(json={'snapshot': snapshot}).status_code, 200)
        self.assertEqual(self.told()[:2], ('s1', 'creating'))


def _without(values: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}
