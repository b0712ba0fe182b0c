# SPDX-License-Identifier: Apache-2.0
"""Images on disk: a JSON file and a file of data each.

Main class: :class:`ImageStore`. As with servers, the files outlive a killed process, and nothing
is flushed against a power cut. Writing data is left to :mod:`nova_assist.compute.glance.data`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from typing import Any

from nova_assist.compute import errors
from nova_assist.compute.glance.model import Image, Status
from nova_assist.compute.model import now


class ImageStore:
    """The images of this cloud.

    An upload that an earlier process was at has to be begun again.

    :param folder: where their files are; made if it isn't there.
    :raises StateError: a file there can't be read as an image.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._images = {image.id: image for image in map(_load, folder.glob('*.json'))}
        for image in self.all():
            if image.status is Status.SAVING:
                self.forget_upload(image.id)

    def all(self) -> list[Image]:
        """Return all images, newest first."""
        return sorted(self._images.values(), key=lambda each: (each.created, each.id))[::-1]

    def find(self, image_id: str) -> Image | None:
        """Return one image, or ``None``."""
        return self._images.get(image_id)

    def add(self, image: Image) -> None:
        """Take up a new image.

        :raises Conflict: there is one of that id.
        """
        if image.id in self._images:
            raise errors.Conflict(f'Image ID {image.id} already exists!')
        self._write(image)

    def change(self, image_id: str, **changes: Any) -> Image:
        """Change an image; returns what it is now.

        :param changes: fields of :class:`Image`.
        :raises NotFound: it is gone.
        """
        image = self._images.get(image_id)
        if image is None:
            raise errors.NotFound(f'No image found with ID {image_id}')
        changed = dataclasses.replace(image, updated=now(), **changes)
        self._write(changed)
        return changed

    def delete(self, image_id: str) -> None:
        """Forget an image and its data."""
        self._images.pop(image_id, None)
        for path in (self._record(image_id), self.data(image_id), self.upload(image_id)):
            path.unlink(missing_ok=True)

    def data(self, image_id: str) -> pathlib.Path:
        """Return where an image's data is."""
        return self._folder / f'{image_id}.data'

    def upload(self, image_id: str) -> pathlib.Path:
        """Return where an image's data is while it is being received."""
        return self._folder / f'{image_id}.part'

    def forget_upload(self, image_id: str) -> None:
        """Have an image whose data has not come wait for it again, if it is still there."""
        self.upload(image_id).unlink(missing_ok=True)
        image = self._images.get(image_id)
        if image is not None and image.status is Status.SAVING:
            self.change(image_id, status=Status.QUEUED)

    def _record(self, image_id: str) -> pathlib.Path:
        return self._folder / f'{image_id}.json'

    def _write(self, image: Image) -> None:
        temporary = self._folder / f'{image.id}.new'
        temporary.write_text(json.dumps(image.to_dict(), indent=1), encoding='utf-8')
        os.replace(temporary, self._record(image.id))
        self._images[image.id] = image


def _load(path: pathlib.Path) -> Image:
    try:
        return Image.from_dict(json.loads(path.read_text(encoding='utf-8')))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise errors.StateError(
            f'{path} is not the record of an image ({error!r}): move it away to start without it'
        ) from error
