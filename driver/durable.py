# SPDX-License-Identifier: Apache-2.0
"""Changes of a folder that survive a crash: write, publish by rename, remove.

Nothing else in the driver renames or removes a file on a share.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterator

from driver import access, advice, exceptions


def publish(temporary: pathlib.Path, final: pathlib.Path) -> None:
    """Give a complete file its final name; after a crash there is the old one or the new one.

    :param temporary: the complete file, in the same folder
    :param final: its name from now on
    :raises ShareError: it can't be made durable
    """
    with _failures(f'publish {final}', final.parent):
        _sync(temporary, os.O_RDONLY)
        temporary.rename(final)
        _sync(final.parent, os.O_RDONLY | os.O_DIRECTORY)


def write(temporary: pathlib.Path, data: bytes, maker: access.FileMaker) -> None:
    """Make a file with that content, durably.

    :raises ShareError: it can't be made or written
    """
    maker.make(temporary)
    with _failures(f'write {temporary}', temporary.parent):
        # It is there: only one place makes files.
        with temporary.open('r+b') as file:
            file.write(data)
        _sync(temporary, os.O_RDONLY)


def remove(path: pathlib.Path) -> None:
    """Remove a file; one that isn't there is fine, so that a removal can be repeated.

    :raises ShareError: it can't be removed
    """
    with _failures(f'remove {path}', path.parent):
        path.unlink(missing_ok=True)
        _sync(path.parent, os.O_RDONLY | os.O_DIRECTORY)


def truncate(path: pathlib.Path, size: int) -> None:
    """Cut a file off.

    :param size: bytes to keep
    :raises ShareError: it can't be
    """
    with _failures(f'cut {path} off', path.parent):
        os.truncate(path, size)


def sync_file(path: pathlib.Path) -> None:
    """Make a file's content durable.

    :raises ShareError: it can't be; over NFS this is where a full share shows
    """
    with _failures(f'make {path} durable', path.parent):
        _sync(path, os.O_RDONLY)


@contextlib.contextmanager
def _failures(what: str, folder: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise exceptions.ShareError(
            f'Could not {what}: {error.strerror}. {advice.on_folder(folder, error)} Then repeat.'
        ) from error


def _sync(path: pathlib.Path, flags: int) -> None:
    handle = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
