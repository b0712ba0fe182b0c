# SPDX-License-Identifier: Apache-2.0
"""Do the attachments in Cinder, and the guest, have the same files as the share?

Main function: :func:`faults`, a part of the chain judge.
"""

from __future__ import annotations

from collections.abc import Iterator

from nova_assist.checks.faults import fault, listed
from nova_assist.checks.images import ImageFile
from nova_assist.checks.scene import Attachment, GuestDisk, Volume
from nova_assist.reports.model import Finding


def faults(volume: Volume, chain: tuple[ImageFile, ...]) -> Iterator[Finding]:
    """Yield where attachments or guest disagree with ``chain``, the active file first."""
    if volume.guest is not None and not volume.attachments:
        yield fault(
            f'a guest has {volume} open, but Cinder has no attachment of it',
            'an attachment',
            'none',
            chain[0].name,
        )
    for attachment in volume.attachments:
        yield from _attachment(volume, attachment, chain[0])
    if volume.guest is not None:
        yield from _guest(volume, volume.guest, chain)


def _attachment(volume: Volume, attachment: Attachment, active: ImageFile) -> Iterator[Finding]:
    wanted = f'{active.name} as {active.format}'
    if attachment.file is None:
        yield fault(
            f'attachment {attachment.id} of {volume} tells the host no file to open: its '
            'connection info has no "name"',
            wanted,
            'no file',
            active.name,
        )
    elif (attachment.file, attachment.format) != (active.name, active.format):
        yield fault(
            f'attachment {attachment.id} of {volume} tells the host to open '
            f'{attachment.file} as {attachment.format}, but the active file is '
            f'{active.name}, {active.format}',
            wanted,
            f'{attachment.file} as {attachment.format}',
            active.name,
        )


def _guest(volume: Volume, guest: GuestDisk, chain: tuple[ImageFile, ...]) -> Iterator[Finding]:
    files = tuple(image.name for image in chain)
    wanted = 'luks' if volume.encrypted else chain[0].format
    if guest.chain[:1] != files[:1]:
        yield fault(
            f'the record of {volume} names active file {files[0]}, but the guest has '
            f'{guest.chain[0]} open',
            files[0],
            guest.chain[0],
            files[0],
            guest.chain[0],
        )
    elif guest.chain != files:
        yield fault(
            f'the guest has another chain of {volume} open than the headers have',
            listed(files),
            listed(guest.chain),
            *files,
        )
    elif guest.format != wanted:
        yield fault(
            f'the guest has {files[0]} open as {guest.format}, but it is {wanted}',
            wanted,
            guest.format,
            files[0],
        )
