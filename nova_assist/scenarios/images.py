# SPDX-License-Identifier: Apache-2.0
"""What scenarios do with images, and what a volume made of one should hold.

Main class: :class:`Images`.
"""

from __future__ import annotations

import dataclasses
import subprocess
import tempfile
from pathlib import Path

from nova_assist.checks.model import Expectation, History
from nova_assist.checks.reader import ImageSource
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.disk import Disk
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedVolume
from nova_assist.scenarios.writer import choose_blocks, write_all

_MIB = 1024**2


@dataclasses.dataclass(frozen=True)
class TrackedImage:
    """An image, and what it should hold."""

    id: str
    name: str
    data: Expectation


class Images:
    """The images of one scenario."""

    def __init__(self, context: Context) -> None:
        """Start with none."""
        self._context = context
        self._service = context.api.images

    def create(self, name: str, disk_format: str, mib: int) -> TrackedImage:
        """Make an image of ``mib`` MiB with data all over it.

        :raises StepFailed: if the image service refuses it
        :raises GuestIoError: if a write fails
        """
        context, history = self._context, History(name)
        size = mib * _MIB
        with tempfile.TemporaryDirectory(dir=context.scratch) as folder:
            path = Path(folder) / name
            command = ['qemu-img', 'create', '-q', '-f', disk_format, str(path), str(size)]
            subprocess.run(command, check=True)
            with Disk(
                ImageSource(str(path), disk_format), context.scratch, context.pattern
            ) as disk:
                write_all(disk, history, choose_blocks(context.rng, size))
            with refusals(f'making image {name}'):
                image_id = self._service.create(self._full(name), disk_format)
                self._track(image_id, name)
                self._service.send(image_id, path)
        return TrackedImage(image_id, name, history.expected(size))

    def upload(self, volume: TrackedVolume, name: str, disk_format: str) -> TrackedImage:
        """Make an image of a volume, whether a guest is writing to it or not; wait for it.

        :raises StepFailed: if it is refused, or either doesn't end well
        """
        context = self._context
        before = 'in-use' if volume.server else 'available'
        low = volume.acknowledged()
        with refusals(f'uploading volume {volume.name}'):
            _, answer = context.api.cinder.volumes.upload_to_image(
                volume.id,
                force=volume.server is not None,
                image_name=self._full(name),
                container_format='bare',
                disk_format=disk_format,
                visibility='private',
                protected=False,
            )
        image_id = str(answer['os-volume_upload_image']['image_id'])
        self._track(image_id, name)
        context.await_volume(volume, before, 'uploading')
        data = volume.since(low)
        context.await_status(
            f'image {name} ({image_id})',
            [image_id, volume.id],
            lambda: self._service.status(image_id),
            'active',
            (),
        )
        return TrackedImage(image_id, name, data)

    def remove(self, name: str) -> None:
        """Delete every image of a name.

        :raises StepFailed: if it is refused
        """
        with refusals(f'deleting image {name}'):
            for image_id in self._service.ids(self._full(name)):
                self._service.delete(image_id)
                self._context.made.drop(image_id)

    def _track(self, image_id: str, name: str) -> None:
        self._context.made.add(image_id, f'image {name}', lambda: self.remove(name))

    def _full(self, name: str) -> str:
        return f'{self._context.scenario}-{name}'
