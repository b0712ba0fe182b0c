# SPDX-License-Identifier: Apache-2.0
"""What a Cinder driver needs to have Nova assist with a snapshot: requests, calls, the wait."""

from nova_assist.client.calls import AssistedSnapshots
from nova_assist.client.errors import AssistedSnapshotError, Refused, Unanswered, Unreachable
from nova_assist.client.requests import CreateRequest, DeleteRequest
from nova_assist.client.wait import Answer, Status, await_answer, poll

__all__ = (
    'Answer',
    'AssistedSnapshotError',
    'AssistedSnapshots',
    'CreateRequest',
    'DeleteRequest',
    'Refused',
    'Status',
    'Unanswered',
    'Unreachable',
    'await_answer',
    'poll',
)
