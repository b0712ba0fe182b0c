# SPDX-License-Identifier: Apache-2.0
"""Where the sockets of the storage daemons are: a path short enough for AF_UNIX.

Main class: :class:`RunFolder`. Starting daemons is left to
:mod:`nova_assist.compute.storage_daemon`.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import tempfile

#: Short whatever ``TMPDIR`` says, which may well be why the service's folder is not.
SHORT_BASE = '/tmp'  # noqa: S108
#: ``sun_path`` of unix(7) has 108 bytes, one of them for the final zero.
LONGEST_SOCKET_PATH = 107


class RunFolder:
    """A folder for sockets and pid files, the same one each time the service starts.

    It is ``run`` below the service's folder; where a socket's path there would be too long,
    ``run`` is a link to a folder in ``/tmp``.

    :param folder: the service's folder, which exists.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._entry = folder.absolute() / 'run'
        longest = self._entry / _file_name('0' * 32, 'qmp')
        if not self._entry.exists():
            self._entry.unlink(missing_ok=True)
            if len(os.fsencode(longest)) <= LONGEST_SOCKET_PATH:
                self._entry.mkdir()
            else:
                self._entry.symlink_to(tempfile.mkdtemp(prefix='nova-assist-', dir=SHORT_BASE))
        self._folder = self._entry.resolve()

    def path(self, server_id: str, kind: str) -> pathlib.Path:
        """Return where a server's ``qmp`` or ``nbd`` socket or its ``pid`` file is."""
        return self._folder / _file_name(server_id.replace('-', ''), kind)

    def forget(self, server_id: str) -> None:
        """Remove what a server's daemon left behind."""
        for kind in ('qmp', 'nbd', 'pid'):
            self.path(server_id, kind).unlink(missing_ok=True)

    def remove_if_unused(self) -> None:
        """Remove the folder, unless a daemon still has files there."""
        with contextlib.suppress(OSError):
            self._folder.rmdir()
            if self._entry.is_symlink():
                self._entry.unlink()


def _file_name(server: str, kind: str) -> str:
    return f'{server}.{kind}'
