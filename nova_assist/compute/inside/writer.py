# SPDX-License-Identifier: Apache-2.0
"""What the console guest does with one disk: it looks at it, says what it found, and writes on.

Main class: :class:`DiskWriter`. What is on the disk is left to
:mod:`console_guest.blocks`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable

from console_guest.blocks import (
    BLOCK_SIZE,
    Findings,
    Head,
    Record,
    most_records,
)
from nova_assist.compute import errors
from nova_assist.compute.inside.device import Device

LOG = logging.getLogger(__name__)
#: Seconds between two records.
_INTERVAL = 0.1
#: Seconds between two lines that tell how far it has come.
_TELLING = 1.0
#: Blocks read at a time.
_CHUNK = 64


class DiskWriter:
    """One disk's part of the guest.

    :param serial: what the disk is called on the console.
    :param say: puts a line on the console.
    """

    def __init__(self, device: Device, serial: str, say: Callable[[str], None]) -> None:
        self._device = device
        self._serial = serial
        self._say = say
        self._told = time.monotonic()

    async def run(self, *, resumed: bool) -> None:
        """Use the disk for as long as it works.

        :param resumed: the guest has been using it before, and has no reason to speak of it.
        """
        try:
            findings = await self._look()
            if findings.bad or not resumed:
                self._say(f'{self._serial} found {findings.good} bad {findings.bad}')
            await self._write(findings.head)
        except errors.DiskIoError as error:
            self._say(f'{self._serial} error {error}')
        except errors.DiskLostError as error:
            # QEMU went away: so did the guest, and says no more.
            LOG.warning('Disk %s: %s', self._serial, error)

    async def _look(self) -> Findings:
        blocks = await self._device.size() // BLOCK_SIZE
        findings = Findings.of_head(await self._device.read(0, BLOCK_SIZE))
        last = min(findings.head.count, blocks - 1)
        for first in range(1, last + 1, _CHUNK):
            count = min(_CHUNK, last + 1 - first)
            data = await self._device.read(first * BLOCK_SIZE, count * BLOCK_SIZE)
            findings.look(first, data)
        findings.miss(findings.head.count - last)
        return findings

    async def _write(self, head: Head) -> None:
        """Add records while there is room, then write the head alone: the disk may grow."""
        while True:
            if head.count < most_records(await self._device.size()):
                head = await self._add(head)
            else:
                await self._count(head)
            if time.monotonic() >= self._told + _TELLING:
                self._say(f'{self._serial} wrote {head.count}')
                self._told = time.monotonic()
            await asyncio.sleep(_INTERVAL)

    async def _add(self, head: Head) -> Head:
        """Add a record, and count it only when it is durable."""
        number = head.count + 1
        await self._device.write(number * BLOCK_SIZE, Record(head.stamp, number).encode())
        return await self._count(dataclasses.replace(head, count=number))

    async def _count(self, head: Head) -> Head:
        await self._device.write(0, head.encode())
        return head
