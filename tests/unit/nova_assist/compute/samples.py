# SPDX-License-Identifier: Apache-2.0
"""Values for tests."""

from __future__ import annotations

from typing import Any

from nova_assist.compute.model import (
    Attachment,
    ConnectionInfo,
    DiskSource,
    Fault,
    ImageFormat,
    Server,
    VmState,
)

SERVER_ID = '0b0a39a6-6d13-4b1b-9d1e-5a9b8ed1c001'
VOLUME_ID = '1fd0f6a5-6c2e-4f6c-8d5b-bf3c10b6a002'


def server(**changes: Any) -> Server:
    """Return a running server with one volume."""
    connection = ConnectionInfo('nfs', 'host:/share', f'volume-{VOLUME_ID}', ImageFormat.RAW)
    values: dict[str, Any] = {
        'id': SERVER_ID,
        'name': 'one',
        'project_id': 'demo',
        'user_id': 'admin',
        'flavor_id': '1',
        'image_id': '',
        'created': '2026-01-01T00:00:00Z',
        'updated': '2026-01-01T00:00:00Z',
        'vm_state': VmState.ACTIVE,
        'launched_at': '2026-01-01T00:00:01Z',
        'fault': Fault('it broke', '2026-01-01T00:00:02Z'),
        'attachments': [
            Attachment(
                VOLUME_ID,
                'attachment',
                'bdm',
                '/dev/vdb',
                tag='data',
                connection=connection,
                source=DiskSource('/base/file', ImageFormat.QCOW2),
            ),
            Attachment('reserved', 'other', 'bdm2', '/dev/vdc'),
        ],
    }
    return Server(**{**values, **changes})
