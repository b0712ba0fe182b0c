# SPDX-License-Identifier: Apache-2.0
"""The room that raw files take: made longer, thin or thick.

Main function: :func:`extend`. What is in them is left to :mod:`driver.volumes`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib

from oslo_concurrency import processutils

from driver import exceptions, files, native, reading


def extend(path: pathlib.Path, size: int, sparse: bool, *, holes: bool = False) -> None:
    """Make a raw file longer.

    :param size: its new size in bytes
    :param sparse: it takes room only for what is written
    :param holes: it has some, which take up room from now on if it is not sparse
    :raises ShareError: there is no room; it has its old size again
    """
    start = reading.length(path)
    try:
        if sparse:
            _truncate(path, size)
        elif holes or size > start:
            _allocate(path, 0 if holes else start, size)
    except (OSError, processutils.ProcessExecutionError) as error:
        with contextlib.suppress(OSError):
            _truncate(path, start)
        raise exceptions.ShareError(
            f'Could not give {path} its {size} bytes: {error}. Make room on the share.'
        ) from error


def _allocate(path: pathlib.Path, start: int, size: int) -> None:
    # A process of its own: where the share can't allocate, zeros are written instead, and
    # cinder-volume has to go on meanwhile.
    processutils.execute('fallocate', '-x', '-o', str(start), '-l', str(size - start), str(path))
    # Some releases of that tool report success whatever happened.
    if reading.length(path) < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _truncate(path: pathlib.Path, size: int) -> None:
    with files.opened(path, os.O_RDWR) as handle:
        native.truncate(handle, size)
