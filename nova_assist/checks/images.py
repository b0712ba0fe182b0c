# SPDX-License-Identifier: Apache-2.0
"""Reads the headers of a backing chain, through qemu-img.

Main class: :class:`ImageFile`, one file of a chain. What a chain should be is left to
:mod:`nova_assist.checks.chain`.
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from nova_assist.accounts import Account
from nova_assist.checks import commands, errors


@dataclasses.dataclass(frozen=True)
class ImageFile:
    """A file of a chain; ``backing`` and ``backing_format`` are as its own header has them.

    ``format`` is what QEMU opens it as: what was asked for the first file, what the overlay above
    records (or a guess, where it records nothing) for the others. ``size`` is the virtual size in
    bytes. ``name`` is relative to the share, or absolute for a file elsewhere.
    """

    name: str
    format: str
    size: int
    backing: str | None
    backing_format: str | None


def backing_chain(
    share: Path, name: str, image_format: str, account: Account | None = None
) -> tuple[ImageFile, ...]:
    """Return the chain under the file ``name``, that file first.

    :param account: whom to read as, if not as ourselves
    :raises errors.ChainUnreadable: if QEMU can't follow it
    """
    try:
        answer = commands.run(
            'qemu-img',
            'info',
            '-U',
            '--backing-chain',
            '--output=json',
            '-f',
            image_format,
            str(share / name),
            account=account,
        )
        return tuple(_parse(share, image) for image in json.loads(answer))
    except errors.CommandFailed as error:
        words = error.output.replace(f'{share}{os.sep}', '')
        raise errors.ChainUnreadable(words) from error
    except (ValueError, KeyError, TypeError) as error:
        message = f'qemu-img info on {name} gave an answer without {error}'
        raise errors.ChainUnreadable(message) from error


def _parse(share: Path, image: dict[str, Any]) -> ImageFile:
    path = Path(image['filename'])
    name = path.name if path.parent.resolve() == share.resolve() else str(path)
    return ImageFile(
        name,
        str(image['format']),
        int(image['virtual-size']),
        image.get('backing-filename'),
        image.get('backing-filename-format'),
    )
