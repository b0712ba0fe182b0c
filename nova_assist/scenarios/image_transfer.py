# SPDX-License-Identifier: Apache-2.0
"""The story of volumes made of images, and of images made of volumes.

Main object: :data:`STORY`. What is uploaded is judged by the volume that is made of it.
"""

from __future__ import annotations

from nova_assist.scenarios import reimaging
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    stage.guests.need_command()
    volumes, images = stage.volumes, stage.images
    # A raw image is sent as large as it is, which takes a while: one of them has to do.
    own_format = stage.context.image_format
    with stage.step('make volumes of a raw and of a qcow2 image, larger than those'):
        source = volumes.of_image(images.create('raw', 'raw', 64), 'v1')
        qcow2 = images.create('qcow2', 'qcow2', 1024)
        volumes.of_image(qcow2, 'v2', gib=2)
    with stage.step('make a volume as large as its image, and write to it'):
        volumes.write(volumes.of_image(qcow2, 'v3'))
    with stage.step('make an image of a volume without snapshots'):
        plain = images.upload(source, 'plain', own_format)
    for name in ('s1', 's2'):
        with stage.step(f'write to it and create snapshot {name}'):
            volumes.write(source)
            volumes.snapshot(source, name)
    with stage.step('write to it and make an image of it, with its snapshots'):
        volumes.write(source)
        chained = images.upload(source, 'chained', 'qcow2')
    with stage.step('attach it to a server whose guest writes from now on'):
        server = stage.servers.create('a')
        stage.servers.attach(server, source)
        stage.servers.start_writing(source)
    with stage.step('make an image of it while the guest writes'):
        attached = images.upload(source, 'attached', 'qcow2')
    with stage.step('make volumes of those images'):
        for image in (plain, chained, attached):
            made = volumes.of_image(image, f'of-{image.name}')
    with stage.step('write to one of them, and make it anew of the qcow2 image'):
        volumes.write(made)
        reimaging.reimage(stage, made, qcow2)
    with stage.step('delete the images, and write to that volume'):
        for name in ('raw', 'qcow2', 'plain', 'chained', 'attached'):
            images.remove(name)
        volumes.write(made)
    for name in ('s1', 's2'):
        with stage.step(f'delete snapshot {name} online'):
            volumes.delete_snapshot(source, name)


STORY = Story(
    'image-transfer',
    'volumes from images, larger too, and images from volumes, with snapshots and attached',
    _play,
    slow='a whole volume goes to the image service and back',
)
