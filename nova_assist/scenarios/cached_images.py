# SPDX-License-Identifier: Apache-2.0
"""What scenarios expect of the volumes in which Cinder keeps images, to clone them.

Main class: :class:`ImageCache`. Such a volume is of Cinder's internal tenant, and called
``image-`` with the image's id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nova_assist.checks.model import History
from nova_assist.scenarios.context import GONE, Context
from nova_assist.scenarios.errors import NotPossible, StepFailed
from nova_assist.scenarios.images import TrackedImage
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedVolume
from nova_assist.scenarios.volumes import Volumes

#: The options of a backend whose cache keeps one image, and as words for ``nova-assist run``.
OPTIONS = {'image_volume_cache_enabled': 'true', 'image_volume_cache_max_count': '1'}
WORDS = tuple(word for item in OPTIONS.items() for word in ('--option', '='.join(item)))

#: What cinder-volume logs at the end of each (``image_utils.fetch``).
_DOWNLOADED = 'Image download '

_GIB = 1024**3


class ImageCache:
    """The cache of the scenario's backend.

    :raises NotPossible: there is none, or it is not known to keep one image only
    """

    def __init__(self, context: Context, volumes: Volumes) -> None:
        self._context = context
        self._volumes = volumes
        if {name: context.options.get(name, '').lower() for name in OPTIONS} != OPTIONS:
            raise NotPossible(f'no cache of one image is known of ({" ".join(WORDS)})')

    def keep(self, image: TrackedImage) -> TrackedVolume:
        """Have the volume judged from now on in which an image is kept, and that nobody uses.

        :raises StepFailed: there is none, or several, or it is not free
        """
        found = self.volumes_of(image)
        told = ', '.join(f'{each.id}: {each.status}' for each in found) or 'none'
        if [(each.status, list(each.attachments)) for each in found] != [('available', [])]:
            wanted = 'one volume, available and attached to nobody'
            raise StepFailed(f'the cache has image {image.name} in {told}', wanted, told)
        (cached,) = found
        name = f'cached-{image.name}'
        volume = TrackedVolume(cached.id, name, int(cached.size) * _GIB, History(name), [])
        volume.image_format = self._context.image_format
        self._volumes.track(volume)
        self._context.find(volume)
        self._volumes.hold(volume, image.data)
        return volume

    def volumes_of(self, image: TrackedImage) -> Sequence[Any]:
        """Return the volumes in which an image is kept, as Cinder lists them.

        :raises StepFailed: it doesn't
        """
        search = {'all_tenants': 1, 'name': f'image-{image.id}'}
        with refusals(f'looking for image {image.name} in the cache'):
            found: list[Any] = self._context.api.cinder.volumes.list(search_opts=search)
        return found

    def expect_no_download(self) -> None:
        """See that no image was downloaded in this step.

        :raises StepFailed: one was
        """
        times = self._context.cinder_log.count(_DOWNLOADED)
        if times:
            fault = 'a volume was made of an image that is in the cache, and not cloned from there'
            raise StepFailed(fault, 'no download', f'{times} downloads')

    def await_eviction(self, cached: TrackedVolume) -> None:
        """Wait until Cinder has removed a volume of the cache, to make room for another image's.

        :raises StepFailed: it does not
        """
        self._context.await_volume(cached, GONE, 'available', 'deleting')
        self._volumes.all.remove(cached)
        self._context.made.drop(cached.id)
