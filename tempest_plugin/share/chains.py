# SPDX-License-Identifier: Apache-2.0
"""The backing chain of a volume, as ``qemu-img`` tells it.

Main class: :class:`Chain`.
"""

from __future__ import annotations

import dataclasses
import json
import posixpath
from collections.abc import Mapping

from tempest_plugin import errors


@dataclasses.dataclass(frozen=True)
class Chain:
    """A volume's images.

    :ivar images: the names of the chain's files, the active one first.
    :ivar record: the record of the volume: the file by snapshot id, and by ``active``; empty if
        the volume has no record.
    :ivar present: the names of all the volume's files on the share.
    """

    images: tuple[str, ...]
    record: Mapping[str, str]
    present: tuple[str, ...]


def command(image: str) -> list[str]:
    """Return the command that tells the chain below an image, also while a guest has it open."""
    return [
        *('qemu-img', 'info', '--backing-chain', '--force-share', '--output=json'),
        image,
    ]


def parse(output: str) -> tuple[str, ...]:
    """Return the names of the chain's files, the image asked for first.

    :raises ShareUnseen: it printed something else
    """
    try:
        return tuple(posixpath.basename(image['filename']) for image in json.loads(output))
    except (ValueError, TypeError, KeyError) as error:
        raise errors.ShareUnseen(
            f'qemu-img info printed what can not be read ({error}): {output!r}'
        ) from error


def virtual_size(output: str) -> int:
    """Return the virtual size in bytes of the image that was asked for, as its header has it.

    :raises ShareUnseen: it printed something else
    """
    try:
        return int(json.loads(output)[0]['virtual-size'])
    except (ValueError, TypeError, LookupError) as error:
        raise errors.ShareUnseen(
            f'qemu-img info printed what can not be read ({error}): {output!r}'
        ) from error
