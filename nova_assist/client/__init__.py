# SPDX-License-Identifier: Apache-2.0
"""What a Cinder driver needs to have Nova assist it: requests, calls, the wait."""

from nova_assist.client.calls import AssistedSnapshots, ExternalEvents
from nova_assist.client.errors import (
    AssistedSnapshotError,
    BrokenOff,
    Refused,
    Unanswered,
    Unreachable,
)
from nova_assist.client.requests import CreateRequest, DeleteRequest
from nova_assist.client.wait import Answer, Status, await_answer, poll

__all__ = (
    'Answer',
    'AssistedSnapshotError',
    'AssistedSnapshots',
    'BrokenOff',
    'CreateRequest',
    'DeleteRequest',
    'ExternalEvents',
    'Refused',
    'Status',
    'Unanswered',
    'Unreachable',
    'await_answer',
    'poll',
)
