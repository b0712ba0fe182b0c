# SPDX-License-Identifier: Apache-2.0
"""What tests do to NFS inside the lab: mount an export, stop the server, take an export away.

Each is a context manager that undoes itself. Main functions: :func:`mounted`,
:func:`server_stopped`. Making the lab is left to ``launcher``, accounts to
:mod:`nova_assist.accounts`.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
from collections.abc import Iterator

SERVER = '127.0.0.1'
VERSIONS = ('4.2', '3')
SQUASH, TRUSTING, SMALL = '/srv/squash', '/srv/trusting', '/srv/small'
GRACE = 10.0  # seconds, after a restart of the server

_EXPORTS = pathlib.Path('/etc/exports')
_THREADS = pathlib.Path('/proc/fs/nfsd/threads')
_DEADLINE = 60.0  # seconds that one of the server's commands may take


class NfsError(Exception):
    """A command on NFS failed; the message holds it and what it said."""


def in_lab() -> bool:
    """Return whether this process runs inside the lab."""
    return os.environ.get('NOVA_ASSIST_LAB') == '1'


#: Decorates test classes and test methods: outside the lab they are skipped, and say why.
needs_lab = unittest.skipUnless(
    in_lab(), 'needs the NFS lab: run tests/lab/lab -- python -m pytest tests/lab, or tox -e lab'
)


@contextlib.contextmanager
def mounted(
    export: str = SQUASH, version: str = '4.2', options: str = ''
) -> Iterator[pathlib.Path]:
    """Mount an export, and give the folder it is mounted on.

    :param version: ``4.2`` or ``3``.
    :param options: more options of the mount, separated by commas.
    :raises NfsError: it can't be mounted, or afterwards not unmounted.
    """
    name = tempfile.mkdtemp(prefix='nfs-')
    point = pathlib.Path(name)
    point.chmod(0o755)
    every = ','.join(filter(None, (f'vers={version}', options)))
    _command('mount', '-t', 'nfs', '-o', every, f'{SERVER}:{export}', name)
    try:
        yield point
    except BaseException:
        # The test's own failure is the one to show, whatever still uses the mount.
        _command('umount', '--lazy', '--force', name)
        raise
    _command('umount', name)
    point.rmdir()


@contextlib.contextmanager
def server_stopped() -> Iterator[None]:
    """Have the server serve nobody; on leaving it is back, in its grace period of 10 seconds."""
    _command('rpc.nfsd', '0')
    try:
        if _THREADS.read_text().strip() != '0':
            raise NfsError(f'the NFS server still runs: {_THREADS} says {_THREADS.read_text()}')
        yield
    finally:
        _command('rpc.nfsd')


def restart() -> None:
    """Stop the server and start it again: clients have 10 seconds to reclaim their locks."""
    with server_stopped():
        pass


@contextlib.contextmanager
def export_removed(path: str) -> Iterator[None]:
    """Take an export away from its clients, who get ESTALE; on leaving it is back."""
    _command('exportfs', '-u', f'*:{path}')
    with _exported_again():
        yield


@contextlib.contextmanager
def read_only(path: str) -> Iterator[None]:
    """Export a folder read-only for a while: writers get EROFS, or EACCES in version 3."""
    found = re.search(rf'^{re.escape(path)} \*\(rw,(.*)\)$', _EXPORTS.read_text(), re.MULTILINE)
    if found is None:
        raise NfsError(f'{_EXPORTS} has no line of the lab for {path}')
    _command('exportfs', '-o', f'ro,{found[1]}', f'*:{path}')
    with _exported_again():
        yield


@contextlib.contextmanager
def _exported_again() -> Iterator[None]:
    try:
        yield
    finally:
        _command('exportfs', '-ra')


def _command(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE)
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip()
        raise NfsError(f'{" ".join(command)} ended with {done.returncode}: {said}')
