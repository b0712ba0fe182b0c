# SPDX-License-Identifier: Apache-2.0
"""Is the metadata of the qcow2 files sound: does every cluster have one owner?

Main class: :class:`MetadataCheck`. Data can be read from an image whose reference counts are
wrong; it is lost with a later write. Leaked clusters, which only waste space, are no fault.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.checks import commands, errors
from nova_assist.checks.faults import fault
from nova_assist.checks.images import ImageFile
from nova_assist.checks.look import Look
from nova_assist.reports.model import Finding

#: What ``qemu-img check`` exits with (its manual page): sound, corrupt, only leaks.
_SOUND, _CORRUPT, _LEAKS = 0, 2, 3


@dataclasses.dataclass(frozen=True)
class _State:
    """What tells that a file hasn't been written since: inode, time and size."""

    inode: int
    changed: int
    size: int

    @classmethod
    def of(cls, path: Path) -> _State:
        status = os.stat(path)
        return cls(status.st_ino, status.st_mtime_ns, status.st_size)


class MetadataCheck:
    """Checks qcow2 files that nobody is writing to; one found sound, again only once it changed.

    To be kept from one look to the next.
    """

    def __init__(self) -> None:
        """Start with nothing checked."""
        self._sound: dict[Path, _State] = {}

    def faults(self, look: Look) -> Iterator[Finding]:
        """Yield one finding for each corrupt file of a volume.

        The active file of a running guest is left out: what QEMU hasn't written back yet looks
        corrupt from outside.

        :raises errors.CheckError: if the chain can't be read, or QEMU can't check a file
        """
        in_use = 1 if look.volume.running else 0
        for image in itertools.islice(look.chain, in_use, None):
            path = look.share / image.name
            if image.format == 'qcow2' and self._sound.get(path) != _State.of(path):
                yield from self._check(path, image, look.account)

    def _check(self, path: Path, image: ImageFile, account: Account | None) -> Iterator[Finding]:
        state = _State.of(path)  # before the check: a write during it makes for another one
        corruptions = _corruptions(path, account)
        if corruptions:
            yield fault(
                f'the qcow2 metadata of {image.name} is corrupt: qemu-img check counts '
                f'{corruptions} errors',
                'no errors',
                f'{corruptions} errors',
                image.name,
            )
        else:
            self._sound[path] = state


def _corruptions(path: Path, account: Account | None) -> int:
    """Count the errors in a file's metadata.

    :raises errors.CheckError: if QEMU can't tell
    """
    answer = commands.run(
        'qemu-img',
        'check',
        '-U',
        '-f',
        'qcow2',
        '--output=json',
        str(path),
        account=account,
        accepted=(_SOUND, _CORRUPT, _LEAKS),
    )
    try:
        found = json.loads(answer)
        return int(found.get('corruptions', 0)) + int(found.get('check-errors', 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise errors.CheckError(f'qemu-img check on {path.name} answered {answer!r}') from error
