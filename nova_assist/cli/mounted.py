# SPDX-License-Identifier: Apache-2.0
"""A share that is mounted on this host, and the account that looks at it.

Main functions: :func:`folder_of` and :func:`become`.
"""

from __future__ import annotations

import os
from pathlib import Path

from driver import mounts
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
