# SPDX-License-Identifier: Apache-2.0
"""Whose the files are: the one way in which the driver makes a file on a share.

Main class: :class:`FileMaker`. A file's group is the business of the share's folder (setgid), so
nothing here needs chown, nor root.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib

from driver import exceptions

#: Modes that ``nas_secure_file_permissions`` asks for, true and false.
SECURE_MODE = 0o660
OPEN_MODE = 0o666

#: Where Cinder remembers that ``auto`` meant true for this share.
MARKER = '.cinderSecureEnvIndicator'
MARKER_MODE = 0o640
MARKER_TEXT = 'This share was first used with secure file access. Keep this file.\n'


@dataclasses.dataclass(frozen=True)
class FileMaker:
    """Makes files with their final mode, whatever the umask.

    :ivar mode: permission bits of every file made
    """

    mode: int

    def make(self, path: pathlib.Path) -> None:
        """Make an empty file, in place of what an interrupted operation left under that name.

        Callers give a temporary name and rename later: what is seen under a final name has had
        its mode, content and size from its first moment. Until the mode is set the file is open
        to its owner alone, never to more than asked.

        :raises ShareError: the file can't be made
        """
        try:
            path.unlink(missing_ok=True)
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                os.fchmod(handle, self.mode)
            finally:
                os.close(handle)
        except OSError as error:
            raise exceptions.ShareError(
                f'Could not make {path}: {error.strerror}. Give the user and group of '
                f'cinder-volume write access to the folder, and room on the share.'
            ) from error


def probe(folder: pathlib.Path, maker: FileMaker) -> None:
    """See that files can be made and removed on a share.

    :param folder: where the share is mounted
    :raises ShareError: they can't, with what to change
    """
    trial = folder / f'.nova-assist-probe-{os.getpid()}.tmp'
    maker.make(trial)
    try:
        trial.unlink()
    except OSError as error:
        raise exceptions.ShareError(f'Could not remove {trial}: {error.strerror}.') from error


def resolve_auto(folder: pathlib.Path, new_install: bool) -> bool:
    """Decide what ``auto`` means for the two ``nas_secure_file_*`` options, as Cinder does.

    Secure if the share carries the marker or nothing was ever made with this Cinder; in that
    case the marker is left for the next start.

    :param folder: where the first share is mounted
    :param new_install: whether Cinder's database has no volume yet
    :raises ShareError: the marker can't be made
    """
    marker = folder / MARKER
    if marker.exists():
        return True
    if not new_install:
        return False
    temporary = marker.with_name(f'{MARKER}.tmp')
    FileMaker(MARKER_MODE).make(temporary)
    temporary.write_text(MARKER_TEXT, encoding='ascii')
    temporary.rename(marker)
    return True
