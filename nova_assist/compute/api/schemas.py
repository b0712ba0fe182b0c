# SPDX-License-Identifier: Apache-2.0
"""What request bodies must look like, by microversion, as in Nova's ``api/openstack/compute``.

:func:`validate` checks a body; the other functions return schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema

from nova_assist.compute import errors
from nova_assist.compute.faults import Fault

Schema = dict[str, Any]
Version = tuple[int, int]

_FORMATS = jsonschema.FormatChecker(['uuid'])
_TEXT: Schema = {'type': 'string', 'minLength': 1}
#: An id.
UUID: Schema = {'type': 'string', 'format': 'uuid'}
_NAME: Schema = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'^(?!\s*$).+$'}
_BOOLEAN: Schema = {
    'enum': [
        *(True, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes'),
        *(False, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no'),
    ]
}
_TRUE = (True, 'true', '1', 'on', 'yes')
_TAG: Schema = {'type': 'string', 'minLength': 1, 'maxLength': 60, 'pattern': '^[^,/]*$'}


def _object(required: tuple[str, ...], properties: Mapping[str, Schema]) -> Schema:
    return {
        'type': 'object',
        'properties': dict(properties),
        'required': list(required),
        'additionalProperties': False,
    }


ASSISTED_CREATE = _object(
    ('snapshot',),
    {
        'snapshot': _object(
            ('volume_id', 'create_info'),
            {
                'volume_id': _TEXT,
                'create_info': _object(
                    ('snapshot_id', 'type', 'new_file'),
                    {
                        'snapshot_id': _TEXT,
                        'type': {'type': 'string', 'enum': ['qcow2']},
                        'new_file': _TEXT,
                        'id': _TEXT,
                    },
                ),
            },
        )
    },
)

#: A fault that a volume's next requests are to meet; a call of this service's own.
FAULT = _object(
    ('fault',),
    {
        'fault': {'type': 'string', 'enum': [fault.value for fault in Fault]},
        'times': {'type': 'integer', 'minimum': 1},
    },
)

_LABEL: Schema = {'type': ['string', 'null'], 'maxLength': 255}
_BLOCK_DEVICE: Mapping[str, Schema] = {
    'source_type': {'type': 'string', 'enum': ['volume', 'image', 'snapshot', 'blank']},
    'uuid': {
        'type': 'string',
        'minLength': 1,
        'maxLength': 255,
        'pattern': '^[a-zA-Z0-9._-]*$',
    },
    'destination_type': {'type': 'string', 'enum': ['local', 'volume']},
    'boot_index': {'type': ['integer', 'string', 'null'], 'pattern': '^-?[0-9]+$'},
    'volume_size': {
        'type': ['integer', 'string'],
        'pattern': '^[0-9]+$',
        'minimum': 1,
        'minLength': 1,
    },
    'delete_on_termination': _BOOLEAN,
    'device_name': {'type': 'string', 'minLength': 1, 'maxLength': 255},
    'device_type': _LABEL,
    'disk_bus': _LABEL,
    'guest_format': _LABEL,
}

#: What every version knows of a server to make.
_SERVER: Mapping[str, Schema] = {
    'name': _NAME,
    'imageRef': {'type': 'string'},
    'flavorRef': {'type': ['string', 'integer'], 'minLength': 1},
    'adminPass': {'type': 'string'},
    'metadata': {'type': 'object', 'additionalProperties': {'type': 'string', 'maxLength': 255}},
    'OS-DCF:diskConfig': {'type': 'string', 'enum': ['AUTO', 'MANUAL']},
    'availability_zone': _NAME,
    'config_drive': _BOOLEAN,
    'key_name': _NAME,
    'min_count': {'type': ['integer', 'string'], 'pattern': '^[0-9]*$', 'minLength': 1},
    'max_count': {'type': ['integer', 'string'], 'pattern': '^[0-9]*$', 'minLength': 1},
    'security_groups': {'type': 'array'},
    'user_data': {'type': ['string', 'null']},
}
#: What later versions have added, and when.
_SERVER_LATER: tuple[tuple[Version, str, Schema], ...] = (
    ((2, 19), 'description', {'type': ['string', 'null'], 'maxLength': 255}),
    ((2, 52), 'tags', {'type': 'array', 'items': _TAG, 'maxItems': 50}),
    ((2, 90), 'hostname', _NAME),
)

REBOOT = _object(
    ('reboot',),
    {
        'reboot': _object(
            ('type',),
            {'type': {'type': 'string', 'enum': ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']}},
        )
    },
)

CONSOLE_OUTPUT = _object(
    ('os-getConsoleOutput',),
    {
        'os-getConsoleOutput': _object(
            (),
            {
                'length': {
                    'type': ['integer', 'string', 'null'],
                    'pattern': '^-?[0-9]+$',
                    'minimum': -1,
                }
            },
        )
    },
)


def attachment_create(version: Version) -> Schema:
    """Return the schema of a volume to attach."""
    properties: dict[str, Schema] = {
        'volumeId': UUID,
        'device': {
            'type': ['string', 'null'],
            'pattern': '(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$',
        },
    }
    if version >= (2, 49):
        properties['tag'] = _TAG
    if version >= (2, 79):
        properties['delete_on_termination'] = _BOOLEAN
    return _object(('volumeAttachment',), {'volumeAttachment': _object(('volumeId',), properties)})


def external_events(version: Version) -> Schema:
    """Return the schema of events that other services report."""
    names = ['network-changed', 'network-vif-plugged']
    names += ['network-vif-unplugged', 'network-vif-deleted']
    added = (
        ((2, 51), 'volume-extended'),
        ((2, 76), 'power-update'),
        ((2, 82), 'accelerator-request-bound'),
        ((2, 93), 'volume-reimaged'),
    )
    names += [name for since, name in added if version >= since]
    event = _object(
        ('name', 'server_uuid'),
        {
            'name': {'type': 'string', 'enum': names},
            'server_uuid': UUID,
            'status': {'type': 'string', 'enum': ['failed', 'completed', 'in-progress']},
            'tag': {'type': 'string', 'maxLength': 255},
        },
    )
    return _object(('events',), {'events': {'type': 'array', 'minItems': 1, 'items': event}})


def keypair_create(version: Version) -> Schema:
    """Return the schema of a key pair to make or to import."""
    properties: dict[str, Schema] = {'name': _NAME, 'public_key': {'type': 'string'}}
    if version >= (2, 2):
        properties['type'] = {'type': 'string', 'enum': ['ssh']}
    required = ('name', 'public_key') if version >= (2, 92) else ('name',)
    return _object(('keypair',), {'keypair': _object(required, properties)})


def server_create(version: Version) -> Schema:
    """Return the schema of a server to make.

    Networks and the like are checked in their shape only: this service has none.
    """
    properties: dict[str, Schema] = {
        **_SERVER,
        'networks': {'type': ['array', 'string'] if version >= (2, 37) else 'array'},
        'block_device_mapping_v2': {'type': 'array', 'items': _block_device(version)},
    }
    properties.update({key: schema for since, key, schema in _SERVER_LATER if version >= since})
    required = ('name', 'flavorRef', 'networks') if version >= (2, 37) else ('name', 'flavorRef')
    return {
        'type': 'object',
        'properties': {
            'server': _object(required, properties),
            'os:scheduler_hints': {'type': 'object'},
            'OS-SCH-HNT:scheduler_hints': {'type': 'object'},
        },
        'required': ['server'],
        'additionalProperties': False,
    }


def _block_device(version: Version) -> Schema:
    properties = dict(_BLOCK_DEVICE)
    if version == (2, 32) or version >= (2, 42):
        properties['tag'] = _TAG
    if version >= (2, 67):
        properties['volume_type'] = {'type': ['string', 'null'], 'minLength': 0, 'maxLength': 255}
    return _object(('source_type',), properties)


def validate(body: object, schema: Schema) -> None:
    """Check a request's body.

    :raises BadRequest: it doesn't fit, in Nova's words.
    """
    validator = jsonschema.Draft202012Validator(schema, format_checker=_FORMATS)
    for error in validator.iter_errors(body):
        message = error.message
        if error.path:
            message = (
                f'Invalid input for field/attribute {error.path[-1]}. '
                f'Value: {error.instance}. {message}'
            )
        raise errors.BadRequest(message)


def boolean(value: object) -> bool:
    """Return what a checked boolean means, which may be text."""
    return (value.lower() if isinstance(value, str) else value) in _TRUE
