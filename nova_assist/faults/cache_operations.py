# SPDX-License-Identifier: Apache-2.0
"""Making a volume of an image that comes into Cinder's cache, as an operation to die in.

Main class: :class:`CacheImage`.
"""

from __future__ import annotations

from nova_assist.faults import survivors
from nova_assist.faults.image_operations import VolumeFromImage
from nova_assist.scenarios.cached_images import ImageCache
from nova_assist.scenarios.stage import Stage


class CacheImage(VolumeFromImage):
    """Make a volume of an image, which comes into the cache."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._cache = ImageCache(stage.context, stage.volumes)

    def act(self) -> None:
        """Make it, and look after the volume in the cache."""
        super().act()
        self._keep()

    def survey(self) -> None:
        """See also that what is left in the cache can be deleted."""
        super().survey()
        context = self.stage.context
        for cached in self._cache.volumes_of(self.image):
            if cached.status not in ('available', 'error'):
                raise survivors.stuck(f'volume {cached.name}', cached.status)
            survivors.remove(context, cached.id)

    def repeat(self) -> None:
        """Make another one, and one more from the cache."""
        super().repeat()
        self._keep()
        self._make('more')

    def _keep(self) -> None:
        self._cache.keep(self.image)
