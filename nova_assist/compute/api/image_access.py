# SPDX-License-Identifier: Apache-2.0
"""Who may see and change an image, as Glance's policies have it.

Main function: :func:`find`. Requests without a token are Cinder's, which sends none where there is
no Keystone: see :func:`nova_assist.compute.api.context.believe_unnamed`.
"""

from __future__ import annotations

from nova_assist.compute import errors
from nova_assist.compute.api import context
from nova_assist.compute.api.context import Context
from nova_assist.compute.glance.model import Image, MemberStatus, Visibility
from nova_assist.compute.glance.store import ImageStore

#: Seen by everybody.
_OPEN = (Visibility.PUBLIC, Visibility.COMMUNITY)


def find(store: ImageStore, image_id: str, caller: Context) -> Image:
    """Return an image that the caller may see.

    :raises NotFound: there is none, or none for the caller.
    """
    image = store.find(image_id)
    if image is None or not _sees(image, caller):
        raise errors.NotFound(f'No image found with ID {image_id}')
    return image


def find_to_change(store: ImageStore, image_id: str, caller: Context, rule: str) -> Image:
    """Return an image that the caller may change.

    :param rule: the policy that is asked.
    :raises NotFound: there is none, or none for the caller.
    :raises Forbidden: it is another project's.
    """
    image = find(store, image_id, caller)
    caller.require(rule, context.CHANGING)
    if not owns(image, caller):
        raise errors.Forbidden(f'You are not permitted to change image {image_id}.')
    return image


def owns(image: Image, caller: Context) -> bool:
    """Tell whether an image is the caller's to change."""
    return caller.admin or bool(caller.project and image.owner == caller.project)


def is_listed(image: Image, caller: Context, asked: str | None) -> bool:
    """Tell whether an image is in a caller's list.

    :param asked: the visibility that is asked for.
    """
    if asked is not None and asked != 'all':
        return image.visibility.value == asked and _sees(image, caller)
    if owns(image, caller) or image.visibility is Visibility.PUBLIC:
        return True
    member = image.members.get(caller.project)
    shared = image.visibility is Visibility.SHARED
    return shared and member is not None and member.status is MemberStatus.ACCEPTED


def _sees(image: Image, caller: Context) -> bool:
    if owns(image, caller) or image.visibility in _OPEN:
        return True
    return image.visibility is Visibility.SHARED and caller.project in image.members
