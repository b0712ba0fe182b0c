# SPDX-License-Identifier: Apache-2.0
"""The folder in which a cloud keeps its configuration, database, share and logs.

Main class: :class:`WorkingFolder`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from nova_assist.cli.errors import WorkingFolderError


@dataclasses.dataclass
class WorkingFolder:
    """A new folder at ``path``, removed at the end unless ``keep`` was set until then."""

    path: Path
    keep: bool


@contextlib.contextmanager
def working_folder(keep: bool, tell: Callable[[str], None]) -> Iterator[WorkingFolder]:
    """Make a working folder, and remove it or tell where it is kept.

    :raises WorkingFolderError: it can't be made.
    """
    try:
        path = Path(tempfile.mkdtemp(prefix='nova-assist-')).resolve()
    except OSError as error:
        raise WorkingFolderError(
            f"can't make a folder for the cloud's files: {error}; set TMPDIR to a writable folder"
        ) from error
    folder = WorkingFolder(path, keep)
    try:
        yield folder
    finally:
        if folder.keep:
            tell(f"kept the cloud's folder {path}")
        else:
            _remove(path, tell)


def _remove(path: Path, tell: Callable[[str], None]) -> None:
    mounted = _mounts_under(path)
    if mounted:
        # What lies there is a share with its owner's data, not ours to remove.
        tell(f'did not remove {path}: {", ".join(mounted)} is still mounted; umount it first')
        return
    try:
        shutil.rmtree(path)
    except OSError as error:
        tell(f"could not remove the cloud's folder {path}: {error}")


def _mounts_under(path: Path) -> list[str]:
    mountpoints = (partition.mountpoint for partition in psutil.disk_partitions(all=True))
    return [place for place in mountpoints if path in (Path(place), *Path(place).parents)]
