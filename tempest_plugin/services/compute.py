# SPDX-License-Identifier: Apache-2.0
"""``os-assisted-volume-snapshots`` with any body and any query, and a Nova that misbehaves.

Main classes: :class:`AssistedSnapshotsClient`, as the client of tempest's library sends only
bodies of the right shape, and deletes without saying which files to merge; and
:class:`FaultsClient`, for the embedded cloud alone.
"""

from __future__ import annotations

from typing import Any
from urllib import parse

from oslo_serialization import jsonutils
from tempest.lib.common import rest_client
from tempest.lib.services.compute import base_compute_client

_PATH = 'os-assisted-volume-snapshots'
#: Outside of Nova's URLs.
_FAULTS = 'assist/faults'


class AssistedSnapshotsClient(base_compute_client.BaseComputeClient):
    """The calls that Cinder makes, right or wrong."""

    def create(self, body: Any) -> rest_client.ResponseBody:
        """Ask for a guest to switch to a new overlay.

        :param body: the whole body, sent as it is
        """
        response, answer = self.post(_PATH, jsonutils.dumps(body))
        self.expected_success(200, response.status)
        return rest_client.ResponseBody(response, jsonutils.loads(answer))

    def merge(self, snapshot_id: str, delete_info: Any) -> rest_client.ResponseBody:
        """Ask for an overlay to be merged away.

        :param delete_info: which files; anything that JSON can say
        """
        return self.merge_by_query(snapshot_id, {'delete_info': jsonutils.dumps(delete_info)})

    def merge_by_query(self, snapshot_id: str, query: dict[str, str]) -> rest_client.ResponseBody:
        """Ask for the same with any query."""
        response, answer = self.delete(f'{_PATH}/{snapshot_id}?{parse.urlencode(query)}')
        self.expected_success(204, response.status)
        return rest_client.ResponseBody(response, answer)


class FaultsClient(base_compute_client.BaseComputeClient):
    """What the next request for a volume meets; of nova-assist's embedded compute service only."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what clients of Nova take."""
        super().__init__(*arguments, **options)
        self.skip_path()

    def set_fault(self, volume_id: str, fault: str) -> rest_client.ResponseBody:
        """Have the next request for a volume meet a fault."""
        response, answer = self.put(f'{_FAULTS}/{volume_id}', jsonutils.dumps({'fault': fault}))
        self.expected_success(200, response.status)
        return rest_client.ResponseBody(response, jsonutils.loads(answer))

    def show_fault(self, volume_id: str) -> rest_client.ResponseBody:
        """Tell how many requests have met the fault, how many it holds and are under way."""
        response, answer = self.get(f'{_FAULTS}/{volume_id}')
        self.expected_success(200, response.status)
        return rest_client.ResponseBody(response, jsonutils.loads(answer))

    def lift_fault(self, volume_id: str) -> rest_client.ResponseBody:
        """Let what the fault holds go on."""
        response, answer = self.delete(f'{_FAULTS}/{volume_id}')
        self.expected_success(204, response.status)
        return rest_client.ResponseBody(response, answer)
