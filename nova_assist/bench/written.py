# SPDX-License-Identifier: Apache-2.0
"""Data for overlays, as a guest would have written it; main function: :func:`write`."""

from __future__ import annotations

from pathlib import Path

from nova_assist.bench import commands

#: What QEMU writes with one call at most.
_CHUNK = 256 << 20


def write(overlay: Path, size: int) -> None:
    """Write to the start of a qcow2 file that nobody has open, and make it durable.

    :param size: bytes
    :raises BenchError: it can't be written, for instance because the disk is full
    """
    writes = (
        f'write -P 0xa5 {start} {min(_CHUNK, size - start)}' for start in range(0, size, _CHUNK)
    )
    options = [word for command in (*writes, 'flush') for word in ('-c', command)]
    commands.qemu('qemu-io', '-f', 'qcow2', *options, overlay.name, folder=overlay.parent)
