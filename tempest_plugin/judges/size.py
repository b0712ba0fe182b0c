# SPDX-License-Identifier: Apache-2.0
"""The judge of sizes: is a volume as large as it has to be?

Main function: :func:`faults`.
"""

from __future__ import annotations

from collections.abc import Iterator

from oslo_utils import units


def faults(gib: int, *, shown: int, virtual: int | None = None, header: int = 0) -> list[str]:
    """Return a sentence for each size of a volume that is not the expected one.

    :param gib: the expected size
    :param shown: how many GiB Cinder says
    :param virtual: how many bytes qemu-img says of the active file; None if it was not asked
    :param header: how many bytes of the volume no guest has
    """
    return list(_faults(gib, shown, virtual, gib * units.Gi - header))


def _faults(gib: int, shown: int, virtual: int | None, expected: int) -> Iterator[str]:
    if shown != gib:
        yield f'Cinder says {shown} GiB, expected {gib}'
    if virtual is not None and virtual != expected:
        yield (
            f'qemu-img says {virtual} bytes of virtual size of the active file, expected '
            f'{expected}'
        )
