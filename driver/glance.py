# SPDX-License-Identifier: Apache-2.0
"""Talks to the image service, with what Cinder has for that: never as root, nothing probed.

Main classes: :class:`GlanceDownload` and :class:`GlanceUpload`. What becomes of a volume's files
is left to :mod:`driver.image_transfer`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from cinder.image import accelerator, image_utils
from cinder.volume import volume_utils
from oslo_config import cfg
from oslo_utils import units

from driver.layout import Format

#: Of images whose file is compressed as a whole.
_COMPRESSED = 'compressed'
_BARE = 'bare'


@dataclasses.dataclass(frozen=True)
class GlanceDownload:
    """An image to make a volume of.

    :ivar context: of the request
    :ivar service: Cinder's client of the image service
    :ivar block_size: of copies that need no conversion, as ``dd`` takes it
    :ivar disable_sparse: write zeros too, whatever the volume's options say
    """

    context: Any
    service: Any
    image_id: str
    block_size: str
    disable_sparse: bool

    def fetch(self, target: pathlib.Path, image_format: Format, size: int, sparse: bool) -> None:
        """Write the image's data into an existing empty file.

        Cinder refuses an image with a backing or data file, one of another format than declared,
        and one that is too large.

        :param size: bytes that the volume has
        :param sparse: whether the file takes room only for what is not zero
        """
        image_utils.fetch_to_volume_format(
            self.context,
            self.service,
            self.image_id,
            str(target),
            image_format.value,
            self.block_size,
            size=size // units.Gi,
            run_as_root=False,
            disable_sparse=self.disable_sparse or not sparse,
        )


@dataclasses.dataclass(frozen=True)
class GlanceUpload:
    """An image to be made of a volume.

    :ivar context: of the request
    :ivar volume: Cinder's object
    :ivar service: Cinder's client of the image service
    :ivar meta: what the API has asked for: id, formats of disk and container
    """

    context: Any
    volume: Any
    service: Any
    meta: Mapping[str, Any]

    @property
    def format(self) -> str:
        """The format that the image is to have, as qemu-img calls it."""
        return str(image_utils.fixup_disk_format(self.meta['disk_format']))

    @property
    def compressed(self) -> bool:
        """Whether its clusters are to be compressed."""
        can = self.format in image_utils.COMPRESSIBLE_IMAGE_FORMATS
        return can and bool(cfg.CONF.image_compress_on_upload)

    def require_format(self, image_format: Format) -> None:
        """Refuse a volume's format if it would have to be converted and must not be.

        :raises ImageConversionNotAllowed: so it is
        """
        image_utils.check_image_conversion_disable(
            self.meta['disk_format'], image_format.value, self.meta['id'], upload=True
        )

    def takes_as_is(self, image_format: Format) -> bool:
        """Tell whether a file of that format can be sent without a copy of it.

        That of a qcow2 volume is as large as the volume, with nothing in most of it.
        """
        raw = image_format is Format.RAW and self.format == Format.RAW.value
        return raw and not self._is_archive

    @contextlib.contextmanager
    def copy(self) -> Iterator[pathlib.Path]:
        """Make an empty file in Cinder's folder for conversions, for the length of the block.

        Should the service die in between, Cinder removes at its next start what has the name of
        the backend at its end.
        """
        backend = volume_utils.extract_host(self.volume.service_topic_queue)
        with image_utils.temporary_file(
            prefix=f'volume_upload_{self.meta["id"]}_', suffix=backend
        ) as path:
            yield pathlib.Path(path)

    def send(self, path: pathlib.Path) -> None:
        """Send a file that has the image's format; one that was made by :meth:`copy` may change.

        Cinder is told that nothing is left to convert: it would look into the data for the format
        to convert from, and a guest can have written any (bug 1350504).
        """
        if self._is_archive:
            accelerator.ImageAccel(str(path), str(path)).compress_img(run_as_root=False)
        volume_utils.upload_volume(
            self.context,
            self.service,
            {**self.meta, 'container_format': _BARE},
            str(path),
            self.volume,
            volume_format=self.meta['disk_format'],
            run_as_root=False,
        )

    @property
    def _is_archive(self) -> bool:
        return bool(self.meta.get('container_format') == _COMPRESSED)
