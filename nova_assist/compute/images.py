# SPDX-License-Identifier: Apache-2.0
"""Volume files without a running guest: their chain as the headers have it, and ``qemu-img``.

Main function: :func:`backing_chain`. Files that a guest has open are left to
:mod:`nova_assist.compute.block`.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from nova_assist.compute import errors
from nova_assist.compute.model import DiskSource, ImageFormat


async def backing_chain(source: DiskSource) -> list[DiskSource]:
    """Return a file and what it is backed by, active file first.

    The first format is the one we were told; those of the backing files are the ones recorded in
    the headers. As in libvirt, no format is ever guessed.

    :raises ImageCommandError: a file isn't there or isn't of that format.
    :raises DiskError: a header names a backing file without its format, or one of a format that
        no volume has.
    """
    output = await run_qemu_img(
        *('info', '--force-share', '--backing-chain', '--output=json'),
        *('-f', source.format.value, source.path),
    )
    chain = [source]
    for image in json.loads(output)[:-1]:
        chain.append(_backing(image))
    return chain


async def rebase(source: DiskSource, backing_name: str | None) -> None:
    """Pull what lies between a file and *backing_name* into the file.

    :param backing_name: the new backing file, relative to the file's folder; ``None`` for none.
    :raises ImageCommandError: ``qemu-img`` failed.
    """
    if backing_name is None:
        await run_qemu_img('rebase', '-b', '', source.path)
        return
    backing = os.path.join(os.path.dirname(source.path), backing_name)
    info = json.loads(await run_qemu_img('info', '--output=json', backing))
    await run_qemu_img('rebase', '-b', backing_name, '-F', info['format'], source.path)


def supports_direct_io(path: str) -> bool:
    """Say whether the file's file system lets us go past the page cache."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_DIRECT))
    except OSError:
        return False
    return True


async def run_qemu_img(*arguments: str) -> str:
    """Run ``qemu-img`` and return what it printed.

    :raises ImageCommandError: it exited with anything but 0.
    """
    process = await asyncio.create_subprocess_exec(
        'qemu-img',
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaints = await process.communicate()
    if process.returncode:
        raise errors.ImageCommandError(
            ('qemu-img', *arguments), process.returncode, complaints.decode(errors='replace')
        )
    return output.decode()


def _backing(image: dict[str, Any]) -> DiskSource:
    path = image['full-backing-filename']
    recorded = image.get('backing-filename-format')
    if recorded is None:
        raise errors.DiskError(
            f'{image["filename"]} names its backing file {path} without its format: '
            'record it with qemu-img rebase -u -F'
        )
    try:
        return DiskSource(path, ImageFormat(recorded))
    except ValueError as error:
        raise errors.DiskError(
            f'{image["filename"]} has a backing file {path} of format {recorded}, '
            'expected raw or qcow2'
        ) from error
