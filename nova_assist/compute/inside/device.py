# SPDX-License-Identifier: Apache-2.0
"""A disk as the guest sees it: requests that wait while the guest or the disk is held.

Main class: :class:`Device`. What to read and write is left to
:mod:`nova_assist.compute.inside.writer`.
"""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from nova_assist.compute.inside.nbd import NbdClient

T = TypeVar('T')


class Device:
    """An export of a storage daemon, connected when it is first used.

    :param socket: the daemon's.
    :param export: the disk's name there.
    :param going: set while the guest runs, and not while it is paused.
    """

    def __init__(self, socket: pathlib.Path, export: str, going: asyncio.Event) -> None:
        self._socket = socket
        self._export = export
        self._going = going
        self._in_flight = asyncio.Lock()
        self._client: NbdClient | None = None

    async def size(self) -> int:
        """Return the size in bytes, as it was when we last connected.

        :raises DiskLostError: the connection is lost.
        """

        async def known(client: NbdClient) -> int:
            return client.size

        return await self._request(known)

    async def read(self, offset: int, length: int) -> bytes:
        """Read.

        :raises DiskIoError: QEMU reports an error.
        :raises DiskLostError: the connection is lost.
        """
        return await self._request(lambda client: client.read(offset, length))

    async def write(self, offset: int, data: bytes) -> None:
        """Write and flush; raises as :meth:`read`."""
        await self._request(lambda client: client.write(offset, data))
        await self._request(lambda client: client.flush())

    async def drain(self) -> None:
        """Wait until no request is in flight."""
        async with self._in_flight:
            pass

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Hold requests and be disconnected, as the export is about to go and to come back."""
        async with self._in_flight:
            self.close()
            yield

    def close(self) -> None:
        """Disconnect."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _request(self, call: Callable[[NbdClient], Awaitable[T]]) -> T:
        while True:
            await self._going.wait()
            async with self._in_flight:
                # The guest may have been paused while another held the disk.
                if self._going.is_set():
                    if self._client is None:
                        self._client = await NbdClient.connect(self._socket, self._export)
                    return await call(self._client)
