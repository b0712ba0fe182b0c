# SPDX-License-Identifier: Apache-2.0
"""What ``auto`` means for the two ``nas_secure_file_*`` options, as Cinder decides it.

Main function: :func:`file_maker`.
"""

from __future__ import annotations

import pathlib

from oslo_log import log as logging

from driver import access, advice, durable, exceptions
from driver.access import FileMaker
from driver.layout import TEMPORARY
from driver.options import Settings

LOG = logging.getLogger(__name__)

#: Where Cinder remembers that ``auto`` meant true for this share.
MARKER = '.cinderSecureEnvIndicator'
MARKER_MODE = 0o640
MARKER_TEXT = b'This share was first used with secure file access. Keep this file.\n'


def file_maker(settings: Settings, folder: pathlib.Path, new_install: bool) -> FileMaker:
    """Return what makes files with the mode that the options ask for.

    :param folder: where the first share is mounted, on which the meaning of ``auto`` is decided
    :param new_install: whether Cinder's database has no volume yet
    :raises ShareError: the marker can't be made
    """
    operations, permissions = settings.secure_operations, settings.secure_permissions
    if None in (operations, permissions):
        secure = resolve_auto(folder, new_install)
        operations = secure if operations is None else operations
        permissions = secure if permissions is None else permissions
    if not operations:
        LOG.info(
            'nas_secure_file_operations is false, but this driver works as its own user all the '
            'same, never as root.'
        )
    return FileMaker(access.SECURE_MODE if permissions else access.OPEN_MODE)


def resolve_auto(folder: pathlib.Path, new_install: bool) -> bool:
    """Decide what ``auto`` means for the two ``nas_secure_file_*`` options, as Cinder does.

    Secure if the share carries the marker or nothing was ever made with this Cinder; in that
    case the marker is left for the next start.

    :param folder: where the first share is mounted
    :param new_install: whether Cinder's database has no volume yet
    :raises ShareError: the marker can't be made
    """
    marker = folder / MARKER
    try:
        marker.lstat()
        return True
    except FileNotFoundError:
        if not new_install:
            return False
    except OSError as error:
        raise exceptions.ShareError(
            f'Could not look for {marker}: {error.strerror}. {advice.on_folder(folder, error)}'
        ) from error
    temporary = marker.with_name(f'{MARKER}{TEMPORARY}')
    durable.write(temporary, MARKER_TEXT, FileMaker(MARKER_MODE))
    durable.publish(temporary, marker)
    return True
