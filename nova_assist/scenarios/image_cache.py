# SPDX-License-Identifier: Apache-2.0
"""The story of volumes of one image, all but the first cloned from what Cinder keeps of it.

Main object: :data:`STORY`. What is done to a clone must change nothing of the volume in the cache,
nor may it matter to a clone when that is gone.
"""

from __future__ import annotations

from nova_assist.scenarios.cached_images import WORDS, ImageCache
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story

_MIB = 64


def _play(stage: Stage) -> None:
    cache = ImageCache(stage.context, stage.volumes)
    volumes, images = stage.volumes, stage.images
    with stage.step('make a volume of an image, which comes into the cache'):
        image = images.create('image', 'qcow2', _MIB)
        made = [volumes.of_image(image, 'v1')]
        cached = cache.keep(image)
    with stage.step('make another volume of it, and a larger one, from the cache'):
        made += [volumes.of_image(image, 'v2'), volumes.of_image(image, 'v3', gib=2)]
        cache.expect_no_download()
    with stage.step('write to all of them'):
        for each in made:
            volumes.write(each)
    with stage.step('attach one to a server whose guest writes, and take a snapshot'):
        stage.servers.attach(stage.servers.create('a'), made[1])
        stage.servers.start_writing(made[1])
        volumes.snapshot(made[1], 's1')
    with stage.step('delete the image, and make a volume of another, which takes its place'):
        images.remove(image.name)
        other = images.create('other', 'qcow2', _MIB)
        volumes.of_image(other, 'v4')
        cache.await_eviction(cached)
        cache.keep(other)
    with stage.step('write to what was made from the cache, and delete the snapshot'):
        for each in (made[0], made[2]):
            volumes.write(each)
        volumes.delete_snapshot(made[1], 's1')


STORY = Story(
    'image-cache',
    'volumes of one image, cloned from the one that Cinder keeps in its cache, larger too',
    _play,
    slow=f'the cloud needs a cache of one image ({" ".join(WORDS)}), in which other scenarios '
    f'would leave volumes',
)
