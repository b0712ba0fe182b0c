# SPDX-License-Identifier: Apache-2.0
"""Removes a cloud's folders without touching what is mounted in them.

Main function: :func:`remove`. Unmounting is left to :mod:`nova_assist.cloud.reaper`.
"""

from __future__ import annotations

import errno
import shutil
import time
from pathlib import Path

import psutil

#: How long others may be at work in a folder, and when to look again; seconds.
_SECONDS = 15.0
_AGAIN_SECONDS = 0.05

#: What a removal fails with if somebody else removes something meanwhile, or makes something.
_DISTURBED = (errno.ENOENT, errno.ENOTEMPTY)


def remove(folder: Path) -> list[str]:
    """Remove a folder with all that is in it; return complaints, none if it is gone.

    It stays whole while something is mounted there: that is a share with its owner's data. What
    others remove or make in it meanwhile, such as another cloud that ends, is waited for.
    """
    if not folder.exists():
        return []
    mounted = mounts_under(folder)
    if mounted:
        return [f'did not remove {folder}: {", ".join(mounted)} is still mounted; umount it first']
    deadline = time.monotonic() + _SECONDS
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            if error.errno not in _DISTURBED or time.monotonic() > deadline:
                return [f'could not remove {folder}: {error}']
            time.sleep(_AGAIN_SECONDS)
    return []


def mounts_under(folder: Path) -> list[str]:
    """Return what is mounted at a folder or below it."""
    mountpoints = (partition.mountpoint for partition in psutil.disk_partitions(all=True))
    return [place for place in mountpoints if folder in (Path(place), *Path(place).parents)]
