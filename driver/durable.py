# SPDX-License-Identifier: Apache-2.0
"""Changes of a folder that survive a crash: write, publish by rename, remove.

Nothing else in the driver renames or removes a file on a share.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import pathlib
import time
from collections.abc import Iterator

from driver import access, advice, exceptions, files, native
from driver.layout import TEMPORARY

# What a file system says that gives no file a second name.
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP)


def publish(temporary: pathlib.Path, final: pathlib.Path) -> None:
    """Give a complete file its final name; after a crash there is the old one or the new one.

    :param temporary: the complete file, in the same folder
    :param final: its name from now on
    :raises ShareError: it can't be made durable
    """
    with _failures(f'publish {final}', final.parent):
        _sync(temporary)
        temporary.rename(final)
        _sync_folder(final.parent)


def publish_new(temporary: pathlib.Path, final: pathlib.Path) -> bool:
    """Give a complete file its final name, as :func:`publish` does, if nothing has that.

    It keeps its temporary name, too, where files can have two: an NFS client that is to remove a
    name by which a file is open gives it another one first (``nfs_sillyrename`` of Linux).

    :return: whether nothing had
    :raises ShareError: it can't be made durable
    """
    with _failures(f'publish {final}', final.parent):
        _sync(temporary)
        try:
            final.hardlink_to(temporary)
        except FileExistsError:
            # A client that has missed the answer asks again, and is told of its own success.
            if not final.samefile(temporary):
                return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if final.exists():
                return False
            temporary.rename(final)
        _sync_folder(final.parent)
        return True


def write(temporary: pathlib.Path, data: bytes, maker: access.FileMaker) -> None:
    """Make a file with that content, which publishing it makes durable.

    :raises ShareError: it can't be made or written
    """
    maker.make(temporary)
    with (
        _failures(f'write {temporary}', temporary.parent),
        # It is there: only one place makes files.
        files.opened(temporary, os.O_RDWR) as handle,
    ):
        files.write(handle, data)


def remove(path: pathlib.Path) -> None:
    """Remove a file; one that isn't there is fine, so that a removal can be repeated.

    :raises ShareError: it can't be removed
    """
    with _failures(f'remove {path}', path.parent):
        native.unlink(path)
        _sync_folder(path.parent)


def forget(temporary: pathlib.Path) -> None:
    """Remove a name that nothing needs; if it stays, the next start of a service removes it."""
    with contextlib.suppress(OSError):
        native.unlink(temporary)


def link(path: pathlib.Path, second: pathlib.Path) -> None:
    """Give a file a second name, in place of what an interrupted operation left under that.

    :raises ShareError: it can't be made
    """
    with _failures(f'give {path} the second name {second.name}', path.parent):
        native.unlink(second)
        second.hardlink_to(path)


def keep(path: pathlib.Path) -> pathlib.Path:
    """Give a file a second name, under which it stays when the first one is replaced or removed.

    The name tells when the file was last changed, so that a repetition finds what the first
    attempt has made.

    :return: the second name
    :raises ShareError: it can't be made
    """
    with _failures(f'keep {path} under another name', path.parent):
        names = _kept_names(path, path.name)
        kept = next(name for name in names if not name.exists() or name.samefile(path))
        if not kept.exists():
            kept.hardlink_to(path)
        _sync_folder(path.parent)
        return kept


def keep_start(path: pathlib.Path, size: int, maker: access.FileMaker) -> pathlib.Path:
    """Copy the start of a file that is about to be changed in place; as :func:`keep` otherwise.

    :param size: bytes to copy
    """
    with _failures(f'keep the start of {path}', path.parent):
        data = files.read(path, size)
        names = _kept_names(path, f'{path.name}.header')
        kept = next(name for name in names if not name.exists() or name.read_bytes() == data)
    temporary = kept.with_name(f'{kept.name}{TEMPORARY}')
    write(temporary, data, maker)
    publish(temporary, kept)
    return kept


def truncate(path: pathlib.Path, size: int) -> None:
    """Cut a file off.

    :param size: bytes to keep
    :raises ShareError: it can't be
    """
    with _failures(f'cut {path} off', path.parent), files.opened(path, os.O_RDWR) as handle:
        native.truncate(handle, size)


def sync_file(path: pathlib.Path) -> None:
    """Make a file's content durable.

    :raises ShareError: it can't be; over NFS this is where a full share shows
    """
    with _failures(f'make {path} durable', path.parent):
        _sync(path)


@contextlib.contextmanager
def _failures(what: str, folder: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise exceptions.ShareError(
            f'Could not {what}: {error.strerror}. {advice.on_folder(folder, error)} Then repeat.'
        ) from error


def _kept_names(path: pathlib.Path, stem: str) -> Iterator[pathlib.Path]:
    changed = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(path.stat().st_mtime))
    first = path.with_name(f'{stem}.replaced-{changed}')
    yield first
    for number in itertools.count(2):
        yield first.with_name(f'{first.name}-{number}')


def _sync(path: pathlib.Path) -> None:
    with files.opened(path) as handle:
        native.sync(handle)


def _sync_folder(path: pathlib.Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
