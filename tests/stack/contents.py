# SPDX-License-Identifier: Apache-2.0
"""What users find in a stack that is up: a volume type, flavors, images, and files for clients.

Main function: :func:`fill`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nova_assist.cloud import client_files
from nova_assist.cloud.ini import Sections
from nova_assist.cloud.tempest_conf import CONSOLE_GUEST, STAND_IN, Surroundings
from nova_assist.cloud.tempest_conf import Share as ShareFiles
from tests.stack.cloud import Cloud
from tests.stack.guest.image import Guest
from tests.stack.settings import BACKEND, GROUP, Settings, Share

#: Bytes of a disk that nothing is read from.
IMAGE_SIZE = 2**20
#: Seconds that tempest waits for a status: in the lab all takes ten times as long.
_PATIENCE = '600'
#: Memory in MiB by name, which is the id, too.
FLAVORS = {'small': 128, 'small-2': 160}
#: The serial line alone: what the kernel has to say is not of interest, unless it panics.
KERNEL_COMMAND_LINE = 'console=ttyS0 quiet panic=1'

#: Where the stack differs from the embedded cloud: all takes its time, and Nova can more.
_FURTHER = {
    'compute': {'build_timeout': _PATIENCE, 'build_interval': '1'},
    'volume': {'build_timeout': _PATIENCE, 'build_interval': '1'},
    'compute-feature-enabled': {
        'attach_encrypted_volume': 'false',
        'resize': 'true',
        'snapshot': 'true',
        'suspend': 'true',
    },
    # Nova works as fast as it can.
    'assisted_snapshots': {'hold_nova': 'false'},
}
_NO_OWNER = {'file_owner': '', 'file_group': ''}


def fill(cloud: Cloud, settings: Settings, guest: Guest) -> None:
    """Make everything, and write the files for clients."""
    volume_type = cloud.cinder.volume_types.create(BACKEND)
    volume_type.set_keys({'volume_backend_name': BACKEND})
    for name, memory in FLAVORS.items():
        cloud.nova.flavors.create(name, memory, 1, 1, flavorid=name)
    images = _images(cloud.rest('image'), guest)
    surroundings = _surroundings(cloud, settings, images)
    client_files.write(settings.places.clients, settings.identity, surroundings)


def _images(glance: Any, guest: Guest) -> dict[str, str]:
    """Return the images' ids by name."""
    kernel = _image(glance, 'kernel', 'aki', guest.kernel)
    initrd = _image(glance, 'initrd', 'ari', guest.initrd)
    booting = {
        'kernel_id': kernel,
        'ramdisk_id': initrd,
        'os_command_line': KERNEL_COMMAND_LINE,
    }
    return {
        name: _image(glance, name, 'raw', bytes(IMAGE_SIZE), **booting)
        for name in (CONSOLE_GUEST, STAND_IN)
    }


def _image(glance: Any, name: str, form: str, content: Path | bytes, **further: str) -> str:
    """Make a public image, and return its id."""
    container = form if form != 'raw' else 'bare'
    described = {'disk_format': form, 'container_format': container, 'visibility': 'public'}
    made = glance.post('/v2/images', json={'name': name, **described, **further}).json()
    data = content if isinstance(content, bytes) else content.read_bytes()
    glance.put(
        f'/v2/images/{made["id"]}/file',
        data=data,
        headers={'Content-Type': 'application/octet-stream'},
    )
    return str(made['id'])


def _surroundings(cloud: Cloud, settings: Settings, images: Mapping[str, str]) -> Surroundings:
    """Return what tempest is to be told."""
    pool = vars(cloud.cinder.pools.list(detailed=True)[0])
    protocol = pool['storage_protocol']
    return Surroundings(
        backends=(BACKEND,),
        vendor=pool['vendor_name'],
        protocol=protocol if isinstance(protocol, str) else next(iter(protocol)),
        extends_attached=bool(pool.get('online_extend_support')),
        images=images,
        flavors=tuple(FLAVORS),
        share=ShareFiles(
            path=settings.exported,
            owner=settings.cinder.uid if settings.cinder else 0,
            group=GROUP,
            secure=settings.secure,
        ),
        further=further(settings),
    )


def further(settings: Settings) -> Sections:
    """Return what tempest is to be told otherwise than of the embedded cloud.

    Whose a file is it is not to judge where libvirt gives files away; where root is squashed
    libvirt can't, and says nothing of it.
    """
    squashed = settings.share is Share.NFS and settings.secure
    if settings.dynamic_ownership and not squashed:
        snapshots = {**_FURTHER['assisted_snapshots'], **_NO_OWNER}
        return {**_FURTHER, 'assisted_snapshots': snapshots}
    return _FURTHER
