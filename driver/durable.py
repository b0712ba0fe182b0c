# SPDX-License-Identifier: Apache-2.0
"""Changes of a folder that survive a crash: write, publish by rename, remove.

Nothing else in the driver renames or removes a file on a share.
"""

from __future__ import annotations

import os
import pathlib

from driver import access, exceptions


def publish(temporary: pathlib.Path, final: pathlib.Path) -> None:
    """Give a complete file its final name; after a crash there is the old one or the new one.

    :param temporary: the complete file, in the same folder
    :param final: its name from now on
    """
    sync_file(temporary)
    temporary.rename(final)
    sync_folder(final.parent)


def write(temporary: pathlib.Path, data: bytes, maker: access.FileMaker) -> None:
    """Make a file with that content, durably.

    :raises ShareError: it can't be made or written
    """
    maker.make(temporary)
    try:
        temporary.write_bytes(data)
        sync_file(temporary)
    except OSError as error:
        raise exceptions.ShareError(
            f'Could not write {temporary}: {error.strerror}. Make room on the share.'
        ) from error


def remove(path: pathlib.Path) -> None:
    """Remove a file; one that isn't there is fine, so that a removal can be repeated."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_file(path: pathlib.Path) -> None:
    """Make a file's content durable."""
    _sync(path, os.O_RDONLY)


def sync_folder(folder: pathlib.Path) -> None:
    """Make a folder's entries durable."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: pathlib.Path, flags: int) -> None:
    handle = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
