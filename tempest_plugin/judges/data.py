# SPDX-License-Identifier: Apache-2.0
"""The judge of data: does a disk hold the records that it has to?

Main function: :func:`faults`.
"""

from __future__ import annotations

from collections.abc import Iterator

from console_guest.protocol import Found


def faults(found: Found, *, least: int, most: int | None = None) -> list[str]:
    """Return a sentence for each thing that is wrong with a disk.

    :param least: how many records were certainly on the disk when its data was kept
    :param most: how many there were certainly not more then; None if any number may be there
    """
    return list(_faults(found, least, most))


def _faults(found: Found, least: int, most: int | None) -> Iterator[str]:
    if found.bad:
        yield (
            f'disk {found.serial} has {found.bad} blocks that are not what was written, beside '
            f'{found.records} good records'
        )
    if found.records < least:
        yield (
            f'disk {found.serial} has {found.records} records, expected at least {least}: '
            f'{least - found.records} are lost'
        )
    if most is not None and found.records > most:
        yield (
            f'disk {found.serial} has {found.records} records, expected at most {most}: '
            'it shows what was written after the snapshot'
        )
