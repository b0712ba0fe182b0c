# SPDX-License-Identifier: Apache-2.0
"""A share that is mounted on this host, and the account that looks at it.

Main functions: :func:`folder_of`, :func:`become`, and :func:`require_account` for what has been
found then.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from driver import files, listing, mounts
from driver.advice import User, user_name
from driver.check import audit
from driver.check.findings import Finding, Kind
from driver.probe import Owner
from nova_assist.accounts import Account, AccountError
from nova_assist.cli.errors import CliError
from nova_assist.cloud.shares import is_export


class NoLookError(CliError):
    """The share can't be looked at at all."""


def folder_of(share: str) -> Path:
    """Return where a share is: an export that is mounted here, or a folder.

    :raises NoLookError: it isn't mounted.
    """
    if not is_export(share):
        return Path(share)
    points = mounts.points_of(share)
    if not points:
        raise NoLookError(
            f'{share} is not mounted on this host; mount it as cinder-volume does, then repeat'
        )
    return points[0]


def no_volume(folder: Path, others: int) -> str:
    """Return a warning that a folder has no volume, with what may be the reason.

    :param others: how many files it has that belong to no volume.
    """
    mount = mounts.mount_of(folder)
    place = (
        f'It is the mount point of {mount.source} ({mount})'
        if os.path.ismount(folder)
        else 'It is no mount point: if a share belongs there, mount it as cinder-volume does, '
        'then repeat'
    )
    strangers = f' (files of no volume: {others})' if others else ''
    return f'no volume was found in {folder}{strangers}, so nothing was looked at. {place}'


def become(name: str) -> None:
    """Go on as another account, for good: a file server believes who a process is.

    :raises NoLookError: there is no such account, or only root could.
    """
    try:
        account = Account.named(name)
        os.setgroups(account.groups)
        os.setgid(account.gid)
        os.setuid(account.uid)
    except AccountError as error:
        raise NoLookError(f'cannot look as account {name}: {error}') from error
    except PermissionError as error:
        raise NoLookError(f'cannot look as account {name}: {error}; run as root') from error


def refused(error: Exception) -> NoLookError:
    """Return what ends the command where this account may not even list the share."""
    return NoLookError(f'cannot look as account {User.current().name}: {error}')


def require_account(folder: Path, findings: Iterable[Finding]) -> None:
    """See that what could not be read is a fault of the share, not of the account that looks.

    :raises NoLookError: another account has most of the files, and this one may not read them.
    """
    denied = next((path for path in _unreadable(folder, findings) if _is_denied(path)), None)
    if denied is None:
        return
    volumes = listing.list_folder(folder).volumes
    names = [name for present in volumes.values() for name in present]
    owner, user = audit.expect(folder, names, None).uid, User.current()
    owners = [owner] if owner is not None else [x.uid for x in listing.owners(folder, names)]
    if user.uid in owners:
        return
    most = f', here probably {user_name(owner)},' if owner is not None else ''
    raise NoLookError(
        f'cannot look as account {user.name}: {denied} is {Owner.of(denied.lstat())}, which '
        f'{user.name} may not read. Look as the account of cinder-volume{most} with --account '
        f'NAME; if {user.name} is that one, give it the files of the share'
    )


def _unreadable(folder: Path, findings: Iterable[Finding]) -> Iterable[Path]:
    for finding in findings:
        if finding.kind is Kind.UNREADABLE_FILE:
            yield folder / finding.files[0]


def _is_denied(path: Path) -> bool:
    try:
        files.read(path, 1)
    except PermissionError:
        return True
    except OSError:
        return False
    return False
