# SPDX-License-Identifier: Apache-2.0
"""Removes a cloud's folders without touching what is mounted in them.

Main function: :func:`remove`. Unmounting is left to :mod:`nova_assist.cloud.reaper`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil


def remove(folder: Path) -> list[str]:
    """Remove a folder with all that is in it; return complaints, none if it is gone.

    It stays whole while something is mounted there: that is a share with its owner's data.
    """
    if not folder.exists():
        return []
    mounted = mounts_under(folder)
    if mounted:
        return [f'did not remove {folder}: {", ".join(mounted)} is still mounted; umount it first']
    try:
        shutil.rmtree(folder)
    except OSError as error:
        return [f'could not remove {folder}: {error}']
    return []


def mounts_under(folder: Path) -> list[str]:
    """Return what is mounted at a folder or below it."""
    mountpoints = (partition.mountpoint for partition in psutil.disk_partitions(all=True))
    return [place for place in mountpoints if folder in (Path(place), *Path(place).parents)]
