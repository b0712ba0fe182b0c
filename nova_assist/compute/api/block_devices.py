# SPDX-License-Identifier: Apache-2.0
"""The volumes that a server is to be made with, read out of its ``block_device_mapping_v2``.

Main function: :func:`parse`. Pure: whether there are such volumes is left to
:mod:`nova_assist.compute.booting`. The rules are those of Nova's ``block_device.py`` and
``compute/api.py``; local disks are not to be had, but for the one that an image implies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nova_assist.compute import errors
from nova_assist.compute.api import schemas
from nova_assist.compute.booting import BootVolume, Source

_INVALID = 'Block Device Mapping is Invalid: '
_LOCAL = 'local'


def parse(wanted: Mapping[str, Any]) -> list[BootVolume]:
    """Return the volumes that a checked request for a server asks for.

    :raises BadRequest: they can't be had in this way.
    """
    devices = wanted.get('block_device_mapping_v2', [])
    if devices:
        _require_boot_sequence(devices)
    volumes = [_volume(device) for device in devices if not _is_local(device, wanted)]
    if not wanted.get('imageRef') and not any(volume.root for volume in volumes) and devices:
        raise errors.BadRequest(_INVALID + 'Mapping image to local is not supported.')
    return volumes


def _require_boot_sequence(devices: list[Mapping[str, Any]]) -> None:
    places = sorted(place for place in map(_boot_index, devices) if place >= 0)
    if not places or places != list(range(len(places))):
        raise errors.BadRequest(
            _INVALID + 'Boot sequence for the instance and image/block device mapping '
            'combination is not valid.'
        )


def _is_local(device: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    source = Source(device['source_type'])
    from_volume = source in (Source.VOLUME, Source.SNAPSHOT)
    destination = device.get('destination_type', 'volume' if from_volume else _LOCAL)
    if destination != _LOCAL:
        return False
    if source is not Source.IMAGE or _boot_index(device) != 0:
        raise errors.BadRequest(
            _INVALID + f'Mapping {source.value} to local is not supported here, but for the '
            'image that a server boots.'
        )
    if not wanted.get('imageRef'):
        raise errors.BadRequest(_INVALID + 'Mapping image to local is not supported.')
    return True


def _volume(device: Mapping[str, Any]) -> BootVolume:
    source, size = Source(device['source_type']), device.get('volume_size')
    if source is not Source.BLANK and not device.get('uuid'):
        raise errors.BadRequest(_INVALID + 'Missing device UUID.')
    if source is Source.IMAGE and size is None:
        raise errors.BadRequest(
            "Images with destination_type 'volume' need to have a non-zero size specified"
        )
    if source is Source.BLANK and size is None:
        raise errors.BadRequest(
            "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size"
        )
    return BootVolume(
        source=source,
        uuid=device.get('uuid'),
        size=None if size is None else int(size),
        root=_boot_index(device) == 0,
        delete_with_server=schemas.boolean(device.get('delete_on_termination', False)),
        tag=device.get('tag'),
        volume_type=device.get('volume_type'),
    )


def _boot_index(device: Mapping[str, Any]) -> int:
    place = device.get('boot_index')
    return -1 if place is None else int(place)
