# SPDX-License-Identifier: Apache-2.0
"""What separate accounts need of the machine and of a cloud's folders.

Main functions: :func:`check_programs`, :func:`readable`, :func:`let_pass`, :func:`give_folders`,
:func:`give_readable` and :func:`root_is_squashed`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from nova_assist.accounts import Account, Accounts
from nova_assist.cloud.errors import FolderError, SettingsError, ShareError
from nova_assist.cloud.settings import Privilege
from nova_assist.cloud.shares import ShareLayout

_TRIAL_SECONDS = 120


def check_programs(accounts: Accounts, environment: Mapping[str, str]) -> None:
    """See that each account can run our Python with what is installed there.

    :raises SettingsError: one can't, as with a virtual environment in another's home.
    """
    for role, account in accounts.roles().items():
        try:
            subprocess.run(
                [sys.executable, '-c', 'import nova_assist.accounts, inotify_simple'],
                cwd='/',
                env=environment,
                capture_output=True,
                text=True,
                check=True,
                timeout=_TRIAL_SECONDS,
                **account.process_arguments(),
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, 'stderr', None) or str(error)).strip().splitlines()[-1]
            raise SettingsError(
                f'account {account}, which is to be {role}, cannot run {sys.executable}: {said}; '
                f'{_way_to_python(account)}'
            ) from error


def _way_to_python(account: Account) -> str:
    """Say what keeps an account from running our Python, and what to do."""
    program = Path(sys.executable).resolve()
    for folder in reversed(program.parents):
        with account.files():
            if not os.access(folder, os.X_OK, effective_ids=True):
                return (
                    f'it is {program}, and {folder} is closed to that account: make the virtual '
                    'environment with a Python that every account can run, as in '
                    '"PYTHON=/usr/bin/python3 ./quickstart"'
                )
    return 'every account has to be able to read the virtual environment and what is in it'


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """Let others read what this process makes for them, such as settings and logs."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def let_pass(folder: Path, accounts: Accounts) -> None:
    """Let the accounts pass through a folder of ours to what is theirs in it.

    :raises FolderError: a folder above keeps one out.
    """
    folder.chmod(folder.stat().st_mode | 0o111)
    for account in accounts.roles().values():
        try:
            with account.files():
                os.stat(folder / '.')
        except PermissionError as error:
            raise FolderError(
                f'account {account} cannot get to {folder}: {error}; set TMPDIR to a folder that '
                'every account may pass through'
            ) from error


def give_folders(
    accounts: Accounts, cinder: Path, compute: Path, scratch: Path, layout: ShareLayout
) -> None:
    """Give each folder of a cloud to whom it is for, and the share if it is the cloud's own.

    :raises ShareError: the hypervisor would not reach the files on the share.
    """
    ours, theirs = accounts.cinder, accounts.hypervisor
    give_readable(cinder, ours)
    _give(scratch, ours, ours.gid, 0o711)
    # Cinder's group, so that the judges, who act as Cinder, can connect to QEMU's sockets.
    _give(compute, theirs, ours.gid, 0o2750)
    if layout.own:
        _give(layout.base, ours, _shared_group(accounts), 0o2775)


def give_readable(folder: Path, account: Account) -> None:
    """Give an account a folder that others may read."""
    _give(folder, account, account.gid, 0o755)


def privilege(accounts: Accounts | None, options: Mapping[str, str]) -> Privilege:
    """Return how Cinder gets root; with files worked on as its own user it needs none."""
    if accounts is None:
        return Privilege.OURS
    operations = options.get('nas_secure_file_operations', 'false')
    return Privilege.SUDO if operations.lower() == 'false' else Privilege.NONE


def _give(folder: Path, account: Account, group: int, mode: int) -> None:
    os.chown(folder, account.uid, group)
    folder.chmod(mode)


def _shared_group(accounts: Accounts) -> int:
    """Return the group through which the hypervisor reaches Cinder's files.

    :raises ShareError: there is none.
    """
    group = accounts.shared_group()
    if group is None:
        raise ShareError(
            f'{accounts.cinder} and {accounts.hypervisor} have no group in common that '
            f'{accounts.outsider} is not in, so the hypervisor could not open a volume: add both '
            'to a group of their own'
        )
    return group


def root_is_squashed(share: Path, account: Account) -> bool:
    """Tell whether a share takes root for nobody: it can't open a file of an account's own."""
    with account.files():
        probe = tempfile.NamedTemporaryFile(dir=share)  # noqa: SIM115
    try:
        with open(probe.name, 'rb'):
            return False
    except PermissionError:
        return True
    finally:
        with account.files():
            probe.close()
