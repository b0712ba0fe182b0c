# SPDX-License-Identifier: Apache-2.0
"""A client of an NBD export on a Unix socket: reads, writes and flushes, one after the other.

Main class: :class:`NbdClient`. It speaks as much of the protocol as QEMU's server needs from it
(fixed newstyle negotiation, simple replies). Nothing is tried again here.
"""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import struct

from nova_assist.compute import errors

_MAGIC, _OPTION_MAGIC = b'NBDMAGIC', b'IHAVEOPT'
_OPTION_REPLY_MAGIC = 0x3E889045565A9
_REQUEST_MAGIC, _REPLY_MAGIC = 0x25609513, 0x67446698
_FIXED_NEWSTYLE_NO_ZEROES = 0b11
_GO = 7
_ACK, _INFO = 1, 3
_INFO_EXPORT = 0
_READ, _WRITE, _DISCONNECT, _FLUSH = range(4)

_OPTION = struct.Struct('>8sII')
_OPTION_REPLY = struct.Struct('>QIII')
_REQUEST = struct.Struct('>IHHQQI')
_REPLY = struct.Struct('>IIQ')


class NbdClient:
    """A connection, made by :meth:`connect`; ``size`` is the export's, in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._number = 0
        self.size = 0

    @classmethod
    async def connect(cls, socket: pathlib.Path, export: str) -> NbdClient:
        """Connect to an export.

        :raises DiskLostError: it can't be reached.
        """
        try:
            reader, writer = await asyncio.open_unix_connection(str(socket))
        except OSError as error:
            raise errors.DiskLostError(f'{socket} can not be reached: {error}') from error
        client = cls(reader, writer)
        try:
            await client._negotiate(export)
        except BaseException:
            client.close()
            raise
        return client

    async def read(self, offset: int, length: int) -> bytes:
        """Read.

        :raises DiskIoError: QEMU reports an error.
        :raises DiskLostError: the connection is lost.
        """
        return await self._request(_READ, offset, length)

    async def write(self, offset: int, data: bytes) -> None:
        """Write; raises as :meth:`read`."""
        await self._request(_WRITE, offset, len(data), data)

    async def flush(self) -> None:
        """Make durable what was written; raises as :meth:`read`."""
        await self._request(_FLUSH, 0, 0)

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError, RuntimeError):
            self._writer.write(_REQUEST.pack(_REQUEST_MAGIC, 0, _DISCONNECT, 0, 0, 0))
            self._writer.close()

    async def _negotiate(self, export: str) -> None:
        greeting = await self._receive(18)
        if greeting[:16] != _MAGIC + _OPTION_MAGIC:
            raise errors.DiskLostError(f'no NBD server greets with {greeting!r}')
        name = export.encode()
        option = struct.pack('>I', len(name)) + name + struct.pack('>H', 0)
        await self._send(
            struct.pack('>I', _FIXED_NEWSTYLE_NO_ZEROES)
            + _OPTION.pack(_OPTION_MAGIC, _GO, len(option))
            + option
        )
        while True:
            _, _, kind, length = _OPTION_REPLY.unpack(await self._receive(_OPTION_REPLY.size))
            content = await self._receive(length)
            if kind == _ACK:
                return
            if kind != _INFO:
                raise errors.DiskLostError(f'export {export}: {content.decode(errors="replace")}')
            if int.from_bytes(content[:2], 'big') == _INFO_EXPORT:
                self.size = int.from_bytes(content[2:10], 'big')

    async def _request(self, command: int, offset: int, length: int, data: bytes = b'') -> bytes:
        self._number += 1
        header = _REQUEST.pack(_REQUEST_MAGIC, 0, command, self._number, offset, length)
        await self._send(header + data)
        magic, error, number = _REPLY.unpack(await self._receive(_REPLY.size))
        if (magic, number) != (_REPLY_MAGIC, self._number):
            raise errors.DiskLostError(f'reply {number} to request {self._number}')
        if error:
            raise errors.DiskIoError(error)
        return await self._receive(length) if command == _READ else b''

    async def _send(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise errors.DiskLostError(f'the connection was lost: {error}') from error

    async def _receive(self, length: int) -> bytes:
        try:
            return await self._reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise errors.DiskLostError(f'the connection was lost: {error}') from error
