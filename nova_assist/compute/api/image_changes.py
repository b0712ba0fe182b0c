# SPDX-License-Identifier: Apache-2.0
"""What requests want an image to be: bodies and JSON patches, checked. Pure.

Main functions: :func:`wanted` and :func:`patched`. Who may ask for it is left to
:mod:`nova_assist.compute.api.images`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nova_assist.compute import errors
from nova_assist.compute.api import schemas
from nova_assist.compute.api.schemas import Schema
from nova_assist.compute.glance.model import Image, Status, Visibility

_FORMATS = ('ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop')
_CONTAINERS = ('ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed')
_NUMBER: Schema = {'type': 'integer', 'minimum': 0}
_TEXT: Schema = {'type': 'string', 'maxLength': 65535}

#: An image's own properties that clients may set: the field of each, and what it may be.
_FIELDS: Mapping[str, tuple[str, Schema]] = {
    'name': ('name', {'type': ['string', 'null'], 'maxLength': 255}),
    'owner': ('owner', {'type': ['string', 'null'], 'maxLength': 255}),
    'visibility': ('visibility', {'enum': [each.value for each in Visibility]}),
    'protected': ('protected', {'type': 'boolean'}),
    'os_hidden': ('hidden', {'type': 'boolean'}),
    'disk_format': ('disk_format', {'enum': [None, *_FORMATS]}),
    'container_format': ('container_format', {'enum': [None, *_CONTAINERS]}),
    'min_disk': ('min_disk', _NUMBER),
    'min_ram': ('min_ram', _NUMBER),
    'tags': ('tags', {'type': 'array', 'items': {'type': 'string', 'maxLength': 255}}),
}
#: Those that only the service sets.
_READ_ONLY = frozenset(
    (
        *('id', 'status', 'size', 'virtual_size', 'checksum', 'os_hash_algo', 'os_hash_value'),
        *('created_at', 'updated_at', 'self', 'file', 'schema', 'locations', 'direct_url'),
    )
)
#: What is settled once there is data.
_SETTLED = ('disk_format', 'container_format')

_OPERATIONS = ('add', 'replace', 'remove')


def wanted(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a new image, from the body of a request without its id.

    :raises Forbidden: it sets what only the service sets.
    :raises BadRequest: a value can't be had.
    """
    fields: dict[str, Any] = {'properties': {}}
    for key, value in body.items():
        _set(fields, key, value)
    return fields


def patched(image: Image, patch: Any) -> dict[str, Any]:
    """Return the fields that a JSON patch changes, with their values.

    :param patch: of either media type: the older one has the operation for a key.
    :raises Forbidden: it changes what can't be changed.
    :raises Conflict: it replaces or removes what isn't there.
    :raises BadRequest: it is no such patch.
    """
    if not isinstance(patch, list):
        raise errors.BadRequest('Request body must be a JSON array of operation objects.')
    fields: dict[str, Any] = {'properties': dict(image.properties)}
    for operation, key, value in map(_operation, patch):
        if key in _SETTLED and image.status is not Status.QUEUED:
            raise errors.Forbidden(f'Attribute {key!r} can not be changed with this status.')
        if key not in _FIELDS and key not in _READ_ONLY:
            if operation != 'add' and key not in fields['properties']:
                raise errors.Conflict(f'Property {key} does not exist.')
        elif operation == 'remove':
            raise errors.Forbidden(f'Property {key} can not be removed.')
        if operation == 'remove':
            del fields['properties'][key]
        else:
            _set(fields, key, value)
    return fields


def _operation(entry: Any) -> tuple[str, str, Any]:
    """Return what one entry of a patch does, to which property, and the value."""
    operation = entry.get('op') if isinstance(entry, dict) else None
    path = entry.get('path') if operation else None
    if isinstance(entry, dict) and operation is None:
        operation = next((each for each in _OPERATIONS if each in entry), None)
        path = entry.get(operation)
    if operation not in _OPERATIONS or not isinstance(path, str) or path[:1] != '/':
        raise errors.BadRequest(f'Operation {entry!r:.200} is not one of {_OPERATIONS}.')
    key = path[1:].replace('~1', '/').replace('~0', '~')
    if operation != 'remove' and 'value' not in entry:
        raise errors.BadRequest(f'Operation "{operation}" requires a member named "value".')
    return operation, key, entry.get('value')


def _set(fields: dict[str, Any], key: str, value: Any) -> None:
    if key in _READ_ONLY:
        raise errors.Forbidden(f'Attribute {key!r} is read-only.')
    field, schema = _FIELDS.get(key, ('', _TEXT))
    schemas.validate(value, schema)
    if not field:
        fields['properties'][key] = value
    elif field == 'visibility':
        fields[field] = Visibility(value)
    else:
        fields[field] = tuple(dict.fromkeys(value)) if field == 'tags' else value
