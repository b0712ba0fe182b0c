# SPDX-License-Identifier: Apache-2.0
"""Volumes from images and images of volumes: what Cinder's calls mean for the files of a volume.

Main class: :class:`ImageTransfer`. Callers hold the volume's lock. Talking to the image service is
left to :mod:`driver.glance`, how files change to :mod:`driver.volumes`.
"""

from __future__ import annotations

import dataclasses
import pathlib
from contextlib import AbstractContextManager
from typing import Any, Protocol

from driver import chain, exceptions, qemu_img, replacing, volumes
from driver.chain import Image
from driver.database import VolumeState
from driver.layout import Format
from driver.opening import Opened, Opener
from driver.snapshots import Snapshots

# Cinder goes on where it could not save that a new volume is downloading, and lets a server
# reserve one that is.
_DOWNLOAD_STATES = ('downloading', 'creating', 'reserved')


class Download(Protocol):
    """An image to make a volume of."""

    def fetch(self, target: pathlib.Path, image_format: Format, size: int, sparse: bool) -> None:
        """Write the image's data into an existing empty file.

        :param size: bytes that the volume has, which the image may not exceed
        :param sparse: whether the file takes room only for what is not zero
        """


class Upload(Protocol):
    """An image to be made of a volume.

    :ivar format: the format that it is to have, as qemu-img calls it
    """

    @property
    def format(self) -> str:
        """The format that the image is to have, as qemu-img calls it."""

    @property
    def compressed(self) -> bool:
        """Whether its clusters are to be compressed."""

    def require_format(self, image_format: Format) -> None:
        """Refuse a volume's format if it would have to be converted and must not be."""

    def takes_as_is(self, image_format: Format) -> bool:
        """Tell whether a file of that format can be sent without a copy of it."""

    def copy(self) -> AbstractContextManager[pathlib.Path]:
        """Make an empty file for a copy, beside the shares, for the length of the block."""

    def send(self, path: pathlib.Path) -> None:
        """Send a file that has the image's format."""


@dataclasses.dataclass(frozen=True)
class ImageTransfer:
    """The images of one backend's volumes.

    :ivar opener: opens a volume for an operation
    :ivar snapshots: takes the temporary snapshot of an attached volume
    """

    opener: Opener
    snapshots: Snapshots

    def download(self, state: VolumeState, image: Download) -> None:
        """Have a volume hold an image's data, and zeros beyond.

        The volume keeps the format on record for it, whatever the data may look like.

        :raises StateError: it has snapshots, which need its data, or nobody waits for that data
            any more
        :raises FileInUse: somebody has it open
        :raises ImageError: what was made of the image is no file of a volume
        """
        if state.status not in _DOWNLOAD_STATES:
            raise exceptions.StateError(
                f'Volume {state.id} is {state.status}: only one that is {_DOWNLOAD_STATES[0]} is '
                f'made of an image. Nothing was changed; ask for it again if it is still wanted.'
            )
        opened = self.opener.open(state)
        if opened.record.overlays:
            raise exceptions.StateError(
                f'Volume {state.id} has snapshots, {sorted(opened.record.overlays)}, which need '
                f'its data: delete them before it is made anew of an image.'
            )
        sparse, active = self.opener.settings.sparse, opened.chain.active
        replacing.replace_only(
            opened.layout,
            active,
            lambda path: image.fetch(path, active.format, opened.size, sparse),
            opened.size,
            sparse,
            self.opener.maker,
        )

    def upload(self, state: VolumeState, image_id: str, image: Upload, context: Any) -> None:
        """Send the data of a volume, without or with snapshots, as an image.

        Of an attached volume a temporary snapshot is copied, which goes before the copy is sent:
        the guest should not have to write to an overlay for as long as that takes.

        :param image_id: what the temporary snapshot is called after
        :param context: of the request
        :raises FileInUse: it is detached, and somebody has it open
        :raises AssistError: it is attached, and the guest has not switched to a new file
        """
        if not state.attached:
            self._upload_detached(state, image)
            return
        with image.copy() as path:
            purpose = f'upload it as image {image_id}'
            with self.snapshots.temporary(state, image_id, purpose, context) as snapshot_id:
                opened = self.opener.open(state)
                frozen = chain.snapshot_image(opened.record, opened.chain, snapshot_id)
                image.require_format(frozen.format)
                _copy(opened, frozen, image, path, held=False)
            image.send(path)

    def _upload_detached(self, state: VolumeState, image: Upload) -> None:
        opened = self.opener.open(state)
        active = opened.chain.active
        image.require_format(active.format)
        with volumes.at_rest(opened.layout, opened.chain):
            if active == opened.chain.base and image.takes_as_is(active.format):
                image.send(opened.layout.path(active.name))
                return
            with image.copy() as path:
                _copy(opened, active, image, path, held=True)
                image.send(path)


def _copy(
    opened: Opened, source: Image, image: Upload, target: pathlib.Path, *, held: bool
) -> None:
    path = opened.layout.path(source.name)
    qemu_img.flatten(
        path, source.format, target, image.format, compressed=image.compressed, locking=not held
    )
