# SPDX-License-Identifier: Apache-2.0
"""``os-assisted-volume-snapshots``: who may ask, what has to be asked, and about which volumes.

The requests that are accepted name files that don't exist, so that no guest is changed by them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from tempest import config
from tempest.lib import decorators
from tempest.lib import exceptions as lib_exc
from tempest.lib.common.utils import data_utils

from tempest_plugin import base

CONF = config.CONF


def create_body(volume_id: str) -> dict[str, Any]:
    """Return a body as Cinder sends it, about a snapshot and an overlay that don't exist."""
    snapshot_id = data_utils.rand_uuid()
    info = {'snapshot_id': snapshot_id, 'type': 'qcow2', 'new_file': _overlay(volume_id)}
    return {'snapshot': {'volume_id': volume_id, 'create_info': info}}


def merge_info(volume_id: str) -> dict[str, Any]:
    """Return what Cinder sends to merge an overlay away, about files that don't exist."""
    return {
        'volume_id': volume_id,
        'type': 'qcow2',
        'file_to_merge': _overlay(volume_id),
        'merge_target_file': _overlay(volume_id),
    }


class AssistedRequestsTest(base.AssistedTest):
    """Requests about a volume that is attached to one server."""

    features = ('online',)

    @classmethod
    def setup_credentials(cls) -> None:
        """Ask for an account like Cinder's, and one that only reads."""
        cls.credentials = ('primary', 'admin', base.service_credentials(), ['reader', 'reader'])
        super().setup_credentials()

    @classmethod
    def setup_clients(cls) -> None:
        """Take a client of the assisted calls for each."""
        super().setup_clients()
        cls.service = cls.os_service_user.assisted_compute.AssistedSnapshotsClient()
        cls.admin = cls.os_admin.assisted_compute.AssistedSnapshotsClient()
        cls.member = cls.os_primary.assisted_compute.AssistedSnapshotsClient()
        cls.reader = cls.os_reader.assisted_compute.AssistedSnapshotsClient()

    @classmethod
    def resource_setup(cls) -> None:
        """Attach a volume to a server."""
        super().resource_setup()
        cls.server = cls.create_server()
        cls.volume = cls.create_volume()
        cls.attach(cls.server, cls.volume)

    def tearDown(self) -> None:
        """Nothing that was asked for may have changed the volume or the server."""
        volume = self.volumes_client.show_volume(self.volume['id'])['volume']
        server = self.servers_client.show_server(self.server['id'])['server']
        self.assertEqual(('in-use', 'ACTIVE'), (volume['status'], server['status']))
        super().tearDown()

    def _refused(self, call: Callable[..., Any], *arguments: Any, why: str) -> None:
        """Have a call refused with 400, and say what for if it isn't."""
        try:
            call(*arguments)
        except lib_exc.BadRequest:
            return
        self.fail(f'{why} was accepted, expected 400: {arguments}')

    @decorators.idempotent_id('b43b7ec1-d635-4248-b154-6048e2690fbb')
    @decorators.attr(type='smoke')
    def test_service_user_may_create_and_delete(self) -> None:
        """The account that Cinder uses may ask for both."""
        body = create_body(self.volume['id'])
        answer = self.service.create(body)
        self.assertEqual({'id': None, 'volumeId': self.volume['id']}, answer['snapshot'])
        snapshot_id = body['snapshot']['create_info']['snapshot_id']
        self.service.merge(snapshot_id, merge_info(self.volume['id']))

    @decorators.idempotent_id('67dab65b-5a56-43bd-9631-562d1c0f04cb')
    def test_administrator_may_create_and_delete(self) -> None:
        """An administrator may, too."""
        body = create_body(self.volume['id'])
        self.admin.create(body)
        snapshot_id = body['snapshot']['create_info']['snapshot_id']
        self.admin.merge(snapshot_id, merge_info(self.volume['id']))

    @decorators.idempotent_id('98096715-c414-4ae6-a3e1-38cea9bb04f3')
    def test_identifier_of_request_comes_back(self) -> None:
        """The optional ``id`` of a request is that of its answer."""
        body = create_body(self.volume['id'])
        body['snapshot']['create_info']['id'] = data_utils.rand_uuid()
        answer = self.service.create(body)['snapshot']
        self.assertEqual(body['snapshot']['create_info']['id'], answer['id'])

    @decorators.attr(type='negative')
    @decorators.idempotent_id('5de46809-ab8d-4a5c-b9bf-8d758965d603')
    def test_member_is_refused(self) -> None:
        """A member may ask for neither, not even about a volume of its own."""
        self._refused_to(self.member)

    @decorators.attr(type='negative')
    @decorators.idempotent_id('d0a3708e-79d7-4327-89fe-78623e2b77b1')
    def test_reader_is_refused(self) -> None:
        """A reader may ask for neither."""
        self._refused_to(self.reader)

    def _refused_to(self, client: Any) -> None:
        volume_id = self.volume['id']
        self.assertRaises(lib_exc.Forbidden, client.create, create_body(volume_id))
        self.assertRaises(
            lib_exc.Forbidden, client.merge, data_utils.rand_uuid(), merge_info(volume_id)
        )

    @decorators.attr(type='negative')
    @decorators.idempotent_id('b86c68f8-e671-46cc-b962-dfe822dfd940')
    def test_malformed_bodies_are_refused(self) -> None:
        """Whatever the schema of the request doesn't allow is refused."""
        for why, body in malformed(create_body(self.volume['id'])):
            self._refused(self.service.create, body, why=why)

    @decorators.attr(type='negative')
    @decorators.idempotent_id('0728788e-ae56-445b-adc7-6f836ac44c48')
    def test_malformed_delete_info_is_refused(self) -> None:
        """A deletion has to say the volume, in JSON."""
        without = merge_info(self.volume['id'])
        del without['volume_id']
        for why, query in (
            ('no delete_info', {}),
            ('delete_info that is no JSON', {'delete_info': 'volume'}),
            ('delete_info without volume_id', {'delete_info': str(without).replace("'", '"')}),
        ):
            self._refused(self.service.merge_by_query, data_utils.rand_uuid(), query, why=why)

    @decorators.attr(type='negative')
    @decorators.idempotent_id('b83acf15-ce03-4af4-bd41-1e66f57247bd')
    def test_unknown_volume_is_refused(self) -> None:
        """Nobody has a volume that doesn't exist."""
        self._no_holder(data_utils.rand_uuid(), 'an unknown volume')

    @decorators.attr(type='negative')
    @decorators.idempotent_id('afed19e0-d22e-449a-8945-fa3d28f64cd0')
    def test_detached_volume_is_refused(self) -> None:
        """No guest has a volume that is not attached: Cinder has to do it alone."""
        self._no_holder(self.create_volume()['id'], 'a detached volume')

    def _no_holder(self, volume_id: str, why: str) -> None:
        self._refused(self.service.create, create_body(volume_id), why=f'creation on {why}')
        self._refused(
            self.service.merge,
            data_utils.rand_uuid(),
            merge_info(volume_id),
            why=f'deletion on {why}',
        )

    @decorators.idempotent_id('6d27138b-b446-4b8d-93d5-589438c2145d')
    def test_deletion_of_unknown_snapshot_changes_nothing(self) -> None:
        """Nova knows no snapshots: it takes the request, finds no such files, and goes on."""
        self.service.merge(data_utils.rand_uuid(), merge_info(self.volume['id']))
        snapshot = self.create_snapshot(self.volume)
        self.delete_snapshot(snapshot)


class AssistedQueryTest(base.AssistedTest):
    """Deletions by the stricter rules of later microversions."""

    features = ('online',)
    min_microversion = '2.75'

    @classmethod
    def setup_credentials(cls) -> None:
        """Ask for an account like Cinder's."""
        cls.credentials = ('primary', 'admin', base.service_credentials())
        super().setup_credentials()

    @decorators.attr(type='negative')
    @decorators.idempotent_id('06eee2ac-32f3-4f94-b7bd-08acbb2a2e4c')
    def test_unknown_query_is_refused(self) -> None:
        """From 2.75 on nothing but ``delete_info`` may be in the query."""
        client = self.os_service_user.assisted_compute.AssistedSnapshotsClient()
        self.assertRaises(
            lib_exc.BadRequest,
            client.merge_by_query,
            data_utils.rand_uuid(),
            {'delete_info': '{"volume_id": "none"}', 'unknown': 'yes'},
        )


class AssistedMultiattachTest(base.AssistedTest):
    """Requests about a volume that two servers have."""

    features = ('online',)
    min_microversion = '2.60'

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where no volume can be attached twice."""
        super().skip_checks()
        if not CONF.compute_feature_enabled.volume_multiattach:
            raise cls.skipException('[compute-feature-enabled] volume_multiattach is not set')

    @classmethod
    def setup_credentials(cls) -> None:
        """Ask for an account like Cinder's."""
        cls.credentials = ('primary', 'admin', base.service_credentials())
        super().setup_credentials()

    @decorators.attr(type=['negative', 'slow'])
    @decorators.idempotent_id('aca8ac25-08d0-4bfa-91d6-beab8b625382')
    def test_multiattached_volume_is_refused(self) -> None:
        """Two guests can't switch to one overlay at the same time."""
        client = self.os_service_user.assisted_compute.AssistedSnapshotsClient()
        volume = self.create_volume(volume_type=self._multiattach_type())
        for _ in range(2):
            self.attach(self.create_server(), volume)
        self.assertRaises(lib_exc.BadRequest, client.create, create_body(volume['id']))

    def _multiattach_type(self) -> str:
        types = self.os_admin.volume_types_client_latest
        specs = {'multiattach': '<is> True'}
        if self.settings.volume_type:
            specs.update(self._specs(types, self.settings.volume_type))
        made = types.create_volume_type(name=self._name('type'), extra_specs=specs)['volume_type']
        self.addCleanup(types.delete_volume_type, made['id'])
        return str(made['name'])

    @staticmethod
    def _specs(types: Any, name: str) -> dict[str, str]:
        for each in types.list_volume_types()['volume_types']:
            if name in (each['name'], each['id']):
                return dict(each['extra_specs'])
        return {}


def malformed(body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return the body with each fault that the schema of a creation refuses, and its name."""
    yield from _with_faults(body, 'the body', (), 'snapshot')
    yield from _with_faults(body, 'snapshot', ('snapshot',), 'volume_id', 'create_info')
    path = ('snapshot', 'create_info')
    yield from _with_faults(body, 'create_info', path, 'snapshot_id', 'type', 'new_file')
    wrong: tuple[tuple[tuple[str, ...], str, tuple[Any, ...]], ...] = (
        (('snapshot',), 'volume_id', ('', None, 7, [])),
        (('snapshot',), 'create_info', ([], 'text', None)),
        (path, 'snapshot_id', ('', None, 7)),
        (path, 'new_file', ('', None, 7)),
        (path, 'id', ('', None, 7)),
        (path, 'type', ('raw', 'QCOW2', '', None)),
    )
    for parent, key, values in wrong:
        for value in values:
            yield f'{key} {value!r}', _changed(body, parent, key, value)


def _with_faults(
    body: dict[str, Any], name: str, path: tuple[str, ...], *keys: str
) -> Iterator[tuple[str, Any]]:
    yield f'{name} with an unknown key', _changed(body, path, 'unknown', 'value')
    for key in keys:
        lacking = copy.deepcopy(body)
        del _at(lacking, path)[key]
        yield f'{name} without {key}', lacking


def _changed(body: dict[str, Any], path: tuple[str, ...], key: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    _at(changed, path)[key] = value
    return changed


def _at(body: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for key in path:
        body = body[key]
    return body


def _overlay(volume_id: str) -> str:
    return f'volume-{volume_id}.{data_utils.rand_uuid()}'
