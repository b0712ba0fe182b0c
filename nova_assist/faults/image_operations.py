# SPDX-License-Identifier: Apache-2.0
"""Making volumes of images, and images of volumes, as operations that a service may die in.

Main classes: :class:`VolumeFromImage`, :class:`ReimageVolume` and :class:`UploadVolume`.
"""

from __future__ import annotations

from nova_assist.checks import data
from nova_assist.checks.reader import ImageSource
from nova_assist.faults import survivors
from nova_assist.faults.snapshot_operations import OnVolume
from nova_assist.faults.volume_operations import CreateVolume
from nova_assist.scenarios import reimaging
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.images import TrackedImage
from nova_assist.scenarios.stage import Stage

_IMAGE = 'image'
_MIB = 64


class _SmallImage:
    """The image that an operation makes a larger volume of."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._made: TrackedImage | None = None

    def make(self) -> None:
        """Have it in the image service."""
        self._made = self._stage.images.create(_IMAGE, 'qcow2', _MIB)

    @property
    def made(self) -> TrackedImage:
        """What it was made as, once all is prepared."""
        if self._made is None:
            raise StepFailed('the operation was not prepared', 'an image', 'none')
        return self._made


class VolumeFromImage(CreateVolume):
    """Make a volume of an image that is smaller."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._image = _SmallImage(stage)

    def prepare(self) -> None:
        """Make the image."""
        self._image.make()

    @property
    def image(self) -> TrackedImage:
        """The image, which is there once all is prepared."""
        return self._image.made

    def _make(self, name: str) -> None:
        self.stage.volumes.of_image(self.image, name)


class ReimageVolume(OnVolume):
    """Make a volume anew of an image that is smaller."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._image = _SmallImage(stage)

    def prepare(self) -> None:
        """Make the volume, and the image."""
        super().prepare()
        self._image.make()

    def act(self) -> None:
        """Make the volume anew."""
        reimaging.reimage(self.stage, self.target, self._image.made)

    def survey(self) -> None:
        """See that the volume is free again, or is told to have failed."""
        found = survivors.volume(self.stage.context, self.target.name, 'downloading')
        if found.status not in ('available', 'error'):
            raise survivors.stuck(f'volume {self.target.name}', found.status)

    def settle(self) -> None:
        """Expect the image if it does not hold what it did: which, Cinder doesn't tell."""
        context, volume = self.stage.context, self.target
        self.clear()
        path = context.share_of(volume) / volume.file
        content = context.reader.read(ImageSource(str(path), volume.image_format))
        _, differences = data.settle(content, volume.data())
        if differences:
            reimaging.expect_image(self.stage.volumes, volume, self._image.made)

    def repeat(self) -> None:
        """Write to it, and make it anew."""
        self.volumes.write(self.target)
        self.act()

    def clear(self) -> None:
        """Declare the volume to be available if it has failed."""
        survivors.make_usable(self.stage.context, self.target.id)


class UploadVolume(OnVolume):
    """Make an image of a volume that has a snapshot."""

    snapshots = ('s1',)

    def act(self) -> None:
        """Make it."""
        self.stage.images.upload(self.target, _IMAGE, 'qcow2')

    def survey(self) -> None:
        """See that the volume can be used, and what is left at it be deleted."""
        context = self.stage.context
        found = survivors.volume(context, self.target.name, 'uploading')
        wanted = 'in-use' if self.online else 'available'
        if found.status != wanted:
            raise survivors.stuck(f'volume {self.target.name}', found.status)
        survivors.remove_unknown_snapshots(self.stage, self.target)

    def repeat(self) -> None:
        """Make it again, in place of what has come of the first one, and a volume of it."""
        self.clear()
        image = self.stage.images.upload(self.target, _IMAGE, 'qcow2')
        made = self.stage.volumes.of_image(image, 'made')
        with self.stage.step('judge the volume made of the image'):
            pass  # the judges look after it
        self.stage.volumes.delete(made)

    def clear(self) -> None:
        """Delete the image."""
        self.stage.images.remove(_IMAGE)


class UploadAttachedVolume(UploadVolume):
    """Make an image of a volume that a guest writes to."""

    online = True
