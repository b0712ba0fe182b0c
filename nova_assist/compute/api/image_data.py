# SPDX-License-Identifier: Apache-2.0
"""``images/{id}/file``: the data of images, streamed to and from their files.

Main class: :class:`ImageDataApi`.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.api import context, image_access, images
from nova_assist.compute.glance.data import BLOCK, Receiver
from nova_assist.compute.glance.model import Content, Image, Status
from nova_assist.compute.glance.store import ImageStore

_URL = f'{images.IMAGE}/file'
_STREAM = 'application/octet-stream'


class ImageDataApi:
    """The calls."""

    def __init__(self, store: ImageStore) -> None:
        self._images = store

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to the application."""
        app.router.add_put(_URL, self.upload)
        app.router.add_get(_URL, self.download)

    async def upload(self, request: web.Request) -> web.Response:
        """Take in an image's data; one that does not come to its end leaves the image waiting."""
        caller = context.context_of(request)
        image_id = request.match_info['id']
        image = image_access.find_to_change(self._images, image_id, caller, 'upload_image')
        if image.status is not Status.QUEUED:
            raise errors.Conflict(f'Image {image_id} has, or is being given, its data.')
        if image.disk_format is None or image.container_format is None:
            raise errors.BadRequest('Properties disk_format, container_format must be set.')
        if request.content_type != _STREAM:
            raise errors.UnsupportedMediaType(f'Data of images is sent as {_STREAM}.')
        self._images.change(image_id, status=Status.SAVING)
        try:
            content = await self._receive(image_id, image.disk_format, request)
            self._publish(image_id, content)
        finally:
            self._images.forget_upload(image_id)
        return web.Response(status=204)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Send an image's data, or nothing where there is none."""
        caller = context.context_of(request)
        image = image_access.find(self._images, request.match_info['id'], caller)
        if image.content is None:
            return web.Response(status=204)
        headers = {'Content-MD5': image.content.checksum, 'Content-Type': _STREAM}
        return web.FileResponse(self._images.data(image.id), headers=headers)

    async def _receive(self, image_id: str, disk_format: str, request: web.Request) -> Content:
        with Receiver(self._images.upload(image_id)) as receiver:
            block = bytearray()
            async for part in request.content.iter_any():
                block += part
                if len(block) >= BLOCK:
                    # What takes long, the sums for one, must not keep others from being served.
                    await asyncio.to_thread(receiver.write, bytes(block))
                    block.clear()
            if block:
                receiver.write(bytes(block))
            return receiver.finish(disk_format)

    def _publish(self, image_id: str, content: Content) -> Image:
        """Make an image of data that has come whole.

        :raises NotFound: the image was deleted meanwhile.
        """
        if self._images.find(image_id) is None:
            raise errors.NotFound(f'Image {image_id} was deleted while its data came.')
        self._images.upload(image_id).rename(self._images.data(image_id))
        return self._images.change(image_id, status=Status.ACTIVE, content=content)
