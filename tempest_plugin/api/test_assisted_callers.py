# SPDX-License-Identifier: Apache-2.0
"""``os-assisted-volume-snapshots``: who may ask."""

from __future__ import annotations

from typing import Any

from tempest.lib import decorators
from tempest.lib import exceptions as lib_exc
from tempest.lib.common.utils import data_utils

from tempest_plugin.api.assisted import AttachedBase
from tempest_plugin.api.bodies import create_body, merge_info


class AssistedCallersTest(AttachedBase):
    """The same two requests by each who may send them, and by each who may not."""

    credentials = ('primary', 'admin', 'alt', ['reader', 'reader'])

    @classmethod
    def setup_clients(cls) -> None:
        """Take a client of the assisted calls for each."""
        super().setup_clients()
        cls.admin = cls.os_admin.assisted_compute.AssistedSnapshotsClient()
        cls.member = cls.os_primary.assisted_compute.AssistedSnapshotsClient()
        cls.stranger = cls.os_alt.assisted_compute.AssistedSnapshotsClient()
        cls.reader = cls.os_reader.assisted_compute.AssistedSnapshotsClient()

    @decorators.idempotent_id('b43b7ec1-d635-4248-b154-6048e2690fbb')
    @decorators.attr(type='smoke')
    def test_service_user_may_create_and_delete(self) -> None:
        """The account that Cinder uses may ask for both."""
        self._accepted_from(self.service)

    @decorators.idempotent_id('67dab65b-5a56-43bd-9631-562d1c0f04cb')
    def test_administrator_may_create_and_delete(self) -> None:
        """An administrator may, too, even where the service role may do it alone."""
        self._accepted_from(self.admin)

    def _accepted_from(self, client: Any) -> None:
        body = create_body(self.volume['id'])
        answer = client.create(body)
        self.assertEqual({'id': None, 'volumeId': self.volume['id']}, answer['snapshot'])
        snapshot_id = body['snapshot']['create_info']['snapshot_id']
        client.merge(snapshot_id, merge_info(self.volume['id']))
        self.judge_untouched()

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

    @decorators.attr(type='negative')
    @decorators.idempotent_id('309d12db-76d0-466a-9e86-de0122144009')
    def test_member_of_another_project_is_refused(self) -> None:
        """Nor may a member who knows the id of a volume of another project."""
        self._refused_to(self.stranger)

    def _refused_to(self, client: Any) -> None:
        volume_id = self.volume['id']
        self.assertRaises(lib_exc.Forbidden, client.create, create_body(volume_id))
        self.assertRaises(
            lib_exc.Forbidden, client.merge, data_utils.rand_uuid(), merge_info(volume_id)
        )

    @decorators.attr(type='negative')
    @decorators.idempotent_id('93dd11d4-9efa-4ae9-bd7b-f61b894108cf')
    def test_nobody_is_refused(self) -> None:
        """Without a token the answer is 401."""
        volume_id, client = self.volume['id'], self.stranger
        for call, arguments in (
            (client.create, (create_body(volume_id),)),
            (client.merge, (data_utils.rand_uuid(), merge_info(volume_id))),
        ):
            # For the next request alone.
            client.auth_provider.set_alt_auth_data('headers', None)
            self.assertRaises(lib_exc.Unauthorized, call, *arguments)
