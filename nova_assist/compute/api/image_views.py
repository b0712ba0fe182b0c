# SPDX-License-Identifier: Apache-2.0
"""How images and their members look to clients (Images API v2).

Main function: :func:`full`.
"""

from __future__ import annotations

from typing import Any

from nova_assist.compute.glance.model import Content, Image, Member

_NO_CONTENT = dict.fromkeys(
    ('size', 'virtual_size', 'checksum', 'os_hash_algo', 'os_hash_value'), None
)


def full(image: Image) -> dict[str, Any]:
    """Return all that there is to say of an image."""
    return {**image.properties, **base(image)}


def base(image: Image) -> dict[str, Any]:
    """Return an image's own properties, without those that clients have added."""
    return {
        'id': image.id,
        'name': image.name,
        'status': image.status.value,
        'visibility': image.visibility.value,
        'protected': image.protected,
        'os_hidden': image.hidden,
        'disk_format': image.disk_format,
        'container_format': image.container_format,
        **_content(image.content),
        'min_disk': image.min_disk,
        'min_ram': image.min_ram,
        'owner': image.owner,
        'tags': list(image.tags),
        'created_at': image.created,
        'updated_at': image.updated,
        'self': f'/v2/images/{image.id}',
        'file': f'/v2/images/{image.id}/file',
        'schema': '/v2/schemas/image',
    }


def member(image: Image, project: str, found: Member) -> dict[str, Any]:
    """Return what there is to say of a project that an image is shared with."""
    return {
        'image_id': image.id,
        'member_id': project,
        'status': found.status.value,
        'created_at': found.created,
        'updated_at': found.updated,
        'schema': '/v2/schemas/member',
    }


def _content(content: Content | None) -> dict[str, Any]:
    if content is None:
        return dict(_NO_CONTENT)
    return {
        'size': content.size,
        'virtual_size': content.virtual_size,
        'checksum': content.checksum,
        'os_hash_algo': 'sha512',
        'os_hash_value': content.hash_value,
    }
