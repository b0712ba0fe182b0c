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
            try:
                listener.bind(('127.0.0.1', port))
                listener.listen()
            except OSError as error:
                raise PortInUseError(service, port, error) from error
            chosen[service] = listener.getsockname()[1]
    return chosen


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
