# SPDX-License-Identifier: Apache-2.0
"""What the cloud needs of the machine: programs, ports, a folder of its own; and its versions.

Main functions: :func:`check_tools`, :func:`choose_ports`, :func:`claim_folder`,
:func:`child_environment`, :func:`versions`.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
import os
import platform
import random
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import nova_assist
from nova_assist.cloud.errors import FolderError, MissingToolError, PortInUseError

#: The Debian package by program; the storage daemon is in qemu-utils from QEMU 8.2 on.
_TOOLS = {
    'qemu-img': 'qemu-utils',
    'qemu-io': 'qemu-utils',
    'qemu-storage-daemon': 'qemu-system-common',
}

#: Where the kernel's range of ports for outgoing connections is; ours lie below.
_PORT_RANGE = Path('/proc/sys/net/ipv4/ip_local_port_range')
_LOWEST_PORT = 10000
_TRIED_PORTS = 20

_TMPFS = Path('/dev/shm')  # noqa: S108 - only a place for a folder with a name of its own

_DISTRIBUTIONS = (
    'nova-assist',
    'cinder',
    'os-brick',
    'python-cinderclient',
    'python-novaclient',
    'aiohttp',
    'qemu.qmp',
)


def check_tools() -> None:
    """Look for the programs that the cloud needs.

    :raises MissingToolError: one isn't there.
    """
    for tool, package in _TOOLS.items():
        if not shutil.which(tool):
            raise MissingToolError(tool, package)


def choose_ports(wanted: Mapping[str, int]) -> dict[str, int]:
    """Return a free TCP port on 127.0.0.1 for each service.

    :param wanted: the port by service; 0 for any free one.
    :raises PortInUseError: a wanted port isn't free.
    """
    chosen = {}
    with contextlib.ExitStack() as stack:  # all held at once, so that none is chosen twice
        for service, port in wanted.items():
            listener = stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            chosen[service] = _listen(listener, service, port)
    return chosen


def _listen(listener: socket.socket, service: str, wanted: int) -> int:
    """Listen on a port of 127.0.0.1, on any that is free if it is 0; return which.

    :raises PortInUseError: it isn't free.
    """
    candidates = [wanted] if wanted else [*_lasting_ports(), 0]
    for port in candidates:
        try:
            listener.bind(('127.0.0.1', port))
            listener.listen()
            break
        except OSError as error:
            if port == candidates[-1]:
                raise PortInUseError(service, port, error) from error
    return int(listener.getsockname()[1])


def _lasting_ports() -> list[int]:
    """Return some ports that the kernel gives to nobody who doesn't ask for them.

    A service that is killed and started again has to find its port free.
    """
    first = int(_PORT_RANGE.read_text().split()[0]) if _PORT_RANGE.exists() else 0
    beyond = range(_LOWEST_PORT, first)
    return random.sample(beyond, min(_TRIED_PORTS, len(beyond)))


def claim_folder(folder: Path) -> int:
    """Make a folder ours until the returned file descriptor is closed, by a crash too.

    The folder itself is locked, so that nothing is left in one that is a user's.

    :raises FolderError: it can't be made, or another cloud has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise FolderError(f'cannot keep a cloud in {folder}: {error}') from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise FolderError(
            f'another cloud runs in {folder}; stop it, or choose another folder'
        ) from error
    return lock


def scratch_base(folder: Path) -> Path:
    """Return where passing files go: memory if there is a folder for it, else the given one."""
    return _TMPFS if _TMPFS.is_dir() else folder


def umask() -> int:
    """Return this process's umask, which can't be asked for without setting it."""
    found = os.umask(0o022)
    os.umask(found)
    return found


def child_environment() -> dict[str, str]:
    """Return our environment, so that a Python child finds this package where we found it."""
    root = str(Path(nova_assist.__file__).parents[1])
    path = [root, *filter(None, [os.environ.get('PYTHONPATH')])]
    return {**os.environ, 'PYTHONPATH': os.pathsep.join(path)}


def versions() -> dict[str, str]:
    """Return the versions of what a cloud is made of, by name."""
    found = {}
    for name in _DISTRIBUTIONS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    for tool in _TOOLS:
        run = subprocess.run([tool, '--version'], capture_output=True, text=True, check=False)
        found[tool] = run.stdout.partition('\n')[0].rpartition('version ')[2]
    return {**found, 'python': platform.python_version(), 'kernel': platform.release()}
