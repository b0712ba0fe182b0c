# SPDX-License-Identifier: Apache-2.0
"""Reverting a volume to its newest snapshot.

Main class: :class:`RevertClient`. Microversion 3.40 or later has to be asked for.
"""

from __future__ import annotations

from oslo_serialization import jsonutils
from tempest.lib.common import rest_client
from tempest.lib.services.volume import base_client


class RevertClient(base_client.BaseClient):
    """The call that tempest's client of volumes lacks."""

    def revert(self, volume_id: str, snapshot_id: str) -> rest_client.ResponseBody:
        """Ask for the volume to have the data of the snapshot again."""
        body = jsonutils.dumps({'revert': {'snapshot_id': snapshot_id}})
        response, answer = self.post(f'volumes/{volume_id}/action', body)
        self.expected_success(202, response.status)
        return rest_client.ResponseBody(response, answer)
