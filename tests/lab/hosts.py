# SPDX-License-Identifier: Apache-2.0
"""Two hosts that mount the same share, and a guest on one of them.

Main functions: :func:`two_hosts` and :func:`opened_by_qemu`. Two mounts that share nothing stand
for two hosts. To a server of NFSv4 all mounts of one version are one client, which it may delegate
a file to though that client writes it elsewhere.
"""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
from collections.abc import Iterator

from nova_assist.accounts import Account
from tests.lab import nfs

#: What "we" and "they" mount.
VERSIONS = (('4.2', '4.1'), ('3', '3'))

_APART = 'nosharecache'


@contextlib.contextmanager
def two_hosts(ours: str, theirs: str) -> Iterator[tuple[pathlib.Path, pathlib.Path]]:
    """Mount the export that squashes root twice, and give where it is here and there."""
    with (
        nfs.mounted(nfs.SQUASH, ours, _APART) as here,
        nfs.mounted(nfs.SQUASH, theirs, _APART) as there,
    ):
        yield here, there


@contextlib.contextmanager
def opened_by_qemu(path: pathlib.Path, image_format: str) -> Iterator[None]:
    """Have a hypervisor keep an image open to write, once it has written to it.

    :raises OSError: it could not
    """
    with subprocess.Popen(
        ['qemu-io', '-f', image_format, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **Account.named('qemu').process_arguments(),
    ) as qemu:
        qemu.stdin.write(b'write -P 1 0 4k\n')
        qemu.stdin.flush()
        if not any(b'wrote 4096' in line for line in iter(qemu.stdout.readline, b'')):
            raise OSError(f'qemu-io could not write to {path}')
        yield
        qemu.stdin.close()
