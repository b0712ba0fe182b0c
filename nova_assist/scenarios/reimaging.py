# SPDX-License-Identifier: Apache-2.0
"""Making volumes anew of images, and what that means for their models.

Main functions: :func:`reimage` and :func:`expect_image`.
"""

from __future__ import annotations

from nova_assist.scenarios.images import TrackedImage
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.tracked import TrackedVolume
from nova_assist.scenarios.volumes import Volumes


def reimage(stage: Stage, volume: TrackedVolume, image: TrackedImage) -> None:
    """Make a volume that is not in use anew of an image, which has to fit; wait for it.

    :raises StepFailed: if it is refused or doesn't end well
    """
    with refusals(f'making volume {volume.name} anew of image {image.name}'):
        stage.context.api.cinder.volumes.reimage(volume.id, image.id)
    stage.context.await_volume(volume, 'available', 'downloading')
    expect_image(stage.volumes, volume, image)


def expect_image(volumes: Volumes, volume: TrackedVolume, image: TrackedImage) -> None:
    """Expect a volume to hold an image in place of what it held.

    Its writes have another origin from now on, or new ones could be taken for old ones.
    """
    volumes.hold(volume, image.data, f'{volume.history.origin}<')
