# SPDX-License-Identifier: Apache-2.0
"""One ``qemu-storage-daemon`` process and the connection to its monitor.

Main class: :class:`StorageDaemon`. The process outlives this one and is found again by its pid
file and monitor socket. What is in its block graph is left to :mod:`nova_assist.compute.block`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import shutil
import signal
from collections.abc import Iterator, Mapping
from typing import Any

import psutil
from qemu.qmp import EventListener, ExecuteError, Message, QMPClient, QMPError, Runstate

from nova_assist.compute import errors
from nova_assist.compute.run_folder import RunFolder

PROGRAM = 'qemu-storage-daemon'
#: The programs we need, and the Debian and Ubuntu packages that bring them.
PACKAGES = {PROGRAM: 'qemu-system-common', 'qemu-img': 'qemu-utils'}
#: Who reads a guest's disk from outside may be of the run folder's group only.
_SOCKET_MODE = 0o660
#: How long the monitor of a live daemon may take to greet us, in seconds.
GREETING_SECONDS = 10.0
#: How long a daemon may take to flush and exit before it is killed, in seconds: as long as Nova
#: lets a guest shut down (``[DEFAULT] shutdown_timeout``).
QUIT_SECONDS = 60.0


def require_programs() -> None:
    """Make sure that QEMU's programs are installed.

    :raises StartError: one isn't.
    """
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            raise errors.StartError(
                f'{program} was not found in PATH: install the package {package} (Debian, Ubuntu)'
            )


class StorageDaemon:
    """A running daemon, connected; made by :meth:`start` or :meth:`find`."""

    def __init__(self, client: QMPClient, pid: int, nbd_socket: pathlib.Path) -> None:
        self._client = client
        self.pid = pid
        self.nbd_socket = nbd_socket
        self.gone = asyncio.Event()
        self._watcher = asyncio.create_task(self._watch())

    @classmethod
    async def start(
        cls,
        run_folder: RunFolder,
        server_id: str,
        environment: Mapping[str, str] | None = None,
    ) -> StorageDaemon:
        """Start a server's daemon, with no disks yet, and connect to it.

        :param environment: the daemon's whole environment, if not ours.
        :raises DaemonStartError: it didn't come up.
        """
        run_folder.forget(server_id)
        arguments = _arguments(run_folder, server_id)
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
        )
        output, _ = await process.communicate()
        if process.returncode:
            raise errors.DaemonStartError(
                arguments, process.returncode, output.decode(errors='replace')
            )
        # Becoming a daemon, QEMU takes a umask that shuts out the group of the folder, too.
        run_folder.path(server_id, 'nbd').chmod(_SOCKET_MODE)
        daemon = await cls.find(run_folder, server_id)
        if daemon is None:
            raise errors.DaemonStartError(arguments, 0, 'it exited right after it had started')
        return daemon

    @classmethod
    async def find(cls, run_folder: RunFolder, server_id: str) -> StorageDaemon | None:
        """Connect to a server's daemon if it is alive.

        :returns: the daemon, or ``None`` where there is none.
        :raises DaemonGoneError: the process is there but its monitor doesn't answer.
        """
        socket = run_folder.path(server_id, 'qmp')
        pid = _live_pid(run_folder.path(server_id, 'pid'), socket)
        if pid is None:
            return None
        client = QMPClient(server_id)
        try:
            await asyncio.wait_for(client.connect(str(socket)), GREETING_SECONDS)
        except (QMPError, OSError, asyncio.TimeoutError) as error:
            raise errors.DaemonGoneError(
                f'{PROGRAM} {pid} is alive but its monitor {socket} does not answer: {error!r}'
            ) from error
        return cls(client, pid, run_folder.path(server_id, 'nbd'))

    async def execute(self, command: str, **arguments: Any) -> Any:
        """Send a QMP command, ``_`` in its arguments' names standing for ``-``.

        :returns: what QEMU answered.
        :raises QmpCommandError: QEMU refused it.
        :raises DaemonGoneError: the daemon is gone.
        """
        sent = {name.replace('_', '-'): value for name, value in arguments.items()}
        try:
            return await self._client.execute(command, sent)
        except ExecuteError as error:
            raise errors.QmpCommandError(command, sent, str(error)) from error
        except QMPError as error:
            raise self._gone_error(f'sending {command}') from error

    @contextlib.contextmanager
    def listen(self, *events: str) -> Iterator[EventListener]:
        """Collect events from now on; read them with :meth:`next_event`."""
        with self._client.listener(events) as listener:
            yield listener

    async def next_event(self, listener: EventListener) -> Message:
        """Wait for the next event.

        :raises DaemonGoneError: the daemon went away first.
        """
        event = asyncio.ensure_future(listener.get())
        gone = asyncio.ensure_future(self.gone.wait())
        try:
            await asyncio.wait((event, gone), return_when=asyncio.FIRST_COMPLETED)
            if event.done():
                return event.result()
            raise self._gone_error('waiting for an event')
        finally:
            event.cancel()
            gone.cancel()

    async def quit(self) -> None:
        """End the daemon: it flushes and closes all files; killed if it doesn't in time."""
        with contextlib.suppress(errors.StorageDaemonError):
            await self.execute('quit')
        if not await _ended(self.pid, QUIT_SECONDS):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            await _ended(self.pid, QUIT_SECONDS)
        await self.gone.wait()

    async def release(self) -> None:
        """Let go of the monitor; the daemon runs on."""
        self._watcher.cancel()
        await _disconnect(self._client)

    async def _watch(self) -> None:
        while self._client.runstate is Runstate.RUNNING:
            await self._client.runstate_changed()
        await _disconnect(self._client)
        self.gone.set()

    def _gone_error(self, doing: str) -> errors.DaemonGoneError:
        return errors.DaemonGoneError(f'{PROGRAM} {self.pid} went away while {doing}')


def _arguments(run_folder: RunFolder, server_id: str) -> list[str]:
    monitor = run_folder.path(server_id, 'qmp')
    return [
        PROGRAM,
        '--daemonize',
        *('--pidfile', str(run_folder.path(server_id, 'pid'))),
        *('--chardev', f'socket,id=monitor,path={monitor},server=on,wait=off'),
        *('--monitor', 'chardev=monitor'),
        *('--nbd-server', f'addr.type=unix,addr.path={run_folder.path(server_id, "nbd")}'),
    ]


def _live_pid(pid_file: pathlib.Path, socket: pathlib.Path) -> int | None:
    """Return the daemon's pid; one that another process has taken over doesn't count."""
    try:
        process = psutil.Process(int(pid_file.read_text()))
        arguments = process.cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    return process.pid if any(str(socket) in argument for argument in arguments) else None


async def _ended(pid: int, seconds: float) -> bool:
    """Wait until a process has ended; say whether it did in time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return True


async def _disconnect(client: QMPClient) -> None:
    # The library reports here how the connection ended; a daemon that hangs up is no news.
    with contextlib.suppress(EOFError, OSError, QMPError):
        await client.disconnect()
