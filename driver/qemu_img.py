# SPDX-License-Identifier: Apache-2.0
"""The only caller of qemu-img: one function a command, formats always given, never probed."""

from __future__ import annotations

import errno
import os
import pathlib
import shlex
import subprocess
import time

from oslo_log import log as logging

from driver import advice, exceptions
from driver.layout import Format
from driver.luks import Encryption

LOG = logging.getLogger(__name__)

_UNMEASURED = 'Unable to get accurate CPU usage'


class Unmeasured(exceptions.CommandError):
    """The clock was too coarse for QEMU to see how fast it derives keys (seen with 7.2)."""


def create(path: pathlib.Path, size: int) -> None:
    """Make an existing empty file a qcow2 image.

    Metadata is allocated, so that the file's apparent size counts as provisioned, as with the
    in-tree driver.

    :param size: virtual size in bytes
    """
    _run('create', '-q', '-f', 'qcow2', '-o', 'preallocation=metadata', str(path), str(size))


def create_luks(path: pathlib.Path, encryption: Encryption) -> None:
    """Make an existing empty file a LUKS header, which the encrypted data is to follow.

    The passphrase goes through a pipe: no file, command line or log ever has it.

    :raises CommandError: it failed, and QEMU has removed the file
    :raises Unmeasured: so it has, and it may well succeed the next time
    """
    cipher = encryption.cipher
    options = (
        f'key-secret=key,cipher-alg={cipher.algorithm},cipher-mode={cipher.mode},'
        f'ivgen-alg={cipher.iv_generator}'
    )
    arguments = ('--object', 'secret,id=key,file=/dev/stdin', '-o', options, str(path), '0')
    try:
        _run('create', '-q', '-f', 'luks', *arguments, said=encryption.passphrase)
    except exceptions.CommandError as error:
        if _UNMEASURED in error.output:
            raise Unmeasured(error.arguments, error.exit_code, error.output) from error
        raise


def commit(overlay: pathlib.Path) -> None:
    """Write an overlay's data into its backing file; the overlay stays as it is."""
    _run('commit', '-q', '-d', '-f', 'qcow2', str(overlay))


def rebase(
    overlay: pathlib.Path, backing: str, backing_format: Format, *, locking: bool = True
) -> None:
    """Change the backing file that an overlay names, and nothing else.

    :param locking: refuse if a QEMU has the overlay open; false where the caller sees to that
    """
    backed_by = ('-b', backing, '-F', backing_format.value)
    if locking:
        _run('rebase', '-q', '-u', '-f', 'qcow2', *backed_by, str(overlay))
        return
    # A comma in a value is doubled, see "Block device options" in QEMU's manual.
    filename = str(overlay).replace(',', ',,')
    image = f'driver=qcow2,file.driver=file,file.filename={filename},file.locking=off'
    _run('rebase', '-q', '-u', '--image-opts', *backed_by, image)


def convert(
    source: pathlib.Path,
    source_format: Format,
    target: pathlib.Path,
    target_format: Format,
    *,
    locking: bool,
) -> None:
    """Copy an image with all that backs it into an existing image that reads as zeros.

    :param locking: refuse to read what a QEMU writes to, and keep it unwritten meanwhile
    """
    formats = ('-f', source_format.value, '-O', target_format.value)
    unlocked = () if locking else ('-U',)
    _run('convert', '-q', '-n', *unlocked, '--target-is-zero', *formats, str(source), str(target))


def flatten(
    source: pathlib.Path,
    source_format: Format,
    target: pathlib.Path,
    target_format: str,
    *,
    compressed: bool,
    locking: bool,
) -> None:
    """Copy an image with all that backs it into a file of any format that is not a volume's.

    :param target_format: as qemu-img calls it
    :param compressed: whether its clusters are compressed, which takes a format that can
    :param locking: as for :func:`convert`
    """
    options = (*(('-c',) if compressed else ()), *(() if locking else ('-U',)))
    formats = ('-f', source_format.value, '-O', target_format)
    _run('convert', '-q', *options, *formats, str(source), str(target), elsewhere=target.parent)


def resize(path: pathlib.Path, image_format: Format, size: int, *, shrink: bool = False) -> None:
    """Grow an image, or shrink it.

    :param size: new virtual size in bytes
    :param shrink: it may become smaller, and loses what is beyond
    """
    allowed = ('--shrink',) if shrink else ()
    _run('resize', '-q', *allowed, '-f', image_format.value, str(path), str(size))


def _run(*arguments: str, elsewhere: pathlib.Path | None = None, said: str | None = None) -> None:
    """Run ``qemu-img``; it ends with a greenthread that is killed meanwhile.

    :param elsewhere: where it writes to, if not to a share
    :param said: what it is to read from its standard input
    """
    command = ('qemu-img', *arguments)
    shown = shlex.join(command)
    LOG.debug('Running %s', shown)
    began = time.monotonic()
    try:
        # Not by oslo.concurrency: its preexec_fn keeps Python from vfork(), and to fork() a
        # process of Cinder's size takes as long as qemu-img does for a header.
        ended = subprocess.run(
            command,
            input=(said or '').encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise exceptions.CommandError(
            command, 127, f'{error.strerror} (qemu-img comes with the package qemu-utils)'
        ) from error
    LOG.debug(
        '%s ended with exit code %s after %.1f s',
        shown,
        ended.returncode,
        time.monotonic() - began,
    )
    if ended.returncode:
        output = os.fsdecode(ended.stdout)
        remedy = _no_room(elsewhere, output) or advice.on_output(output)
        raise exceptions.CommandError(command, ended.returncode, output, remedy)


def _no_room(folder: pathlib.Path | None, output: str) -> str:
    """Say where there is no room, if that is not on a share; empty otherwise."""
    if folder is None or os.strerror(errno.ENOSPC) not in output:
        return ''
    return f'Make room in {folder}, or have image_conversion_dir in cinder.conf lead elsewhere.'
