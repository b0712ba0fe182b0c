# SPDX-License-Identifier: Apache-2.0
"""``images/{id}/members``: the projects that an image is shared with.

Main class: :class:`ImageMembersApi`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.api import context, image_access, image_views, images, schemas
from nova_assist.compute.glance.model import Image, Member, MemberStatus, Visibility
from nova_assist.compute.glance.store import ImageStore
from nova_assist.compute.model import now

_URL = f'{images.IMAGE}/members'
_MEMBER = _URL + '/{member}'
_ADDED: schemas.Schema = {
    'type': 'object',
    'properties': {'member': {'type': 'string', 'minLength': 1, 'maxLength': 255}},
    'required': ['member'],
}
_ANSWERED: schemas.Schema = {
    'type': 'object',
    'properties': {'status': {'enum': [each.value for each in MemberStatus]}},
    'required': ['status'],
}


class ImageMembersApi:
    """The calls."""

    def __init__(self, store: ImageStore) -> None:
        self._images = store

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to the application."""
        app.router.add_get(_URL, self.index)
        app.router.add_post(_URL, self.create)
        app.router.add_get(_MEMBER, self.show)
        app.router.add_put(_MEMBER, self.answer)
        app.router.add_delete(_MEMBER, self.delete)

    async def index(self, request: web.Request) -> web.Response:
        """Return all members to those who may change them, and to a member itself."""
        image = self._shared(request)
        seen = [
            image_views.member(image, project, member)
            for project, member in image.members.items()
            if self._concerns(image, project, request)
        ]
        return web.json_response({'members': seen, 'schema': '/v2/schemas/members'})

    async def create(self, request: web.Request) -> web.Response:
        """Share an image with a project."""
        body = await request.json()
        schemas.validate(body, _ADDED)
        image = self._to_change(request, 'add_member')
        project, made = body['member'], now()
        if project in image.members:
            raise errors.Conflict(f'Image member {project} already exists for {image.id}.')
        return self._saved(image, project, Member(MemberStatus.PENDING, made, made))

    async def show(self, request: web.Request) -> web.Response:
        """Return one member."""
        image = self._shared(request)
        project, member = self._member(image, request)
        return web.json_response(image_views.member(image, project, member))

    async def answer(self, request: web.Request) -> web.Response:
        """Have a member say what it makes of an image."""
        body = await request.json()
        schemas.validate(body, _ANSWERED)
        image, caller = self._shared(request), context.context_of(request)
        project, member = self._member(image, request)
        if caller.project != project and not caller.admin:
            raise errors.Forbidden('Only the member itself may answer.')
        status = MemberStatus(body['status'])
        changed = dataclasses.replace(member, status=status, updated=now())
        return self._saved(image, project, changed)

    async def delete(self, request: web.Request) -> web.Response:
        """Share an image with a project no more."""
        image = self._to_change(request, 'delete_member')
        project, _ = self._member(image, request)
        left = {each: member for each, member in image.members.items() if each != project}
        self._save(image, left)
        return web.Response(status=204)

    def _shared(self, request: web.Request) -> Image:
        caller = context.context_of(request)
        image = image_access.find(self._images, request.match_info['id'], caller)
        return _require_shared(image)

    def _to_change(self, request: web.Request, rule: str) -> Image:
        caller = context.context_of(request)
        image_id = request.match_info['id']
        return _require_shared(image_access.find_to_change(self._images, image_id, caller, rule))

    def _member(self, image: Image, request: web.Request) -> tuple[str, Member]:
        project = request.match_info['member']
        member = image.members.get(project)
        if member is None or not self._concerns(image, project, request):
            raise errors.NotFound(f'Image member {project} of {image.id} not found.')
        return project, member

    def _concerns(self, image: Image, project: str, request: web.Request) -> bool:
        caller = context.context_of(request)
        return caller.project == project or image_access.owns(image, caller)

    def _saved(self, image: Image, project: str, member: Member) -> web.Response:
        self._save(image, {**image.members, project: member})
        return web.json_response(image_views.member(image, project, member))

    def _save(self, image: Image, members: Mapping[str, Member]) -> None:
        self._images.change(image.id, members=members)


def _require_shared(image: Image) -> Image:
    if image.visibility is not Visibility.SHARED:
        raise errors.Forbidden('Only shared images have members.')
    return image
