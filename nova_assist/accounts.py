# SPDX-License-Identifier: Apache-2.0
"""The accounts of the machine that a run in secure mode uses, and how to act as one of them.

Main classes: :class:`Account`, and :class:`Accounts`, the three that play a part. Who runs as
what is left to :mod:`nova_assist.cloud` and :mod:`nova_assist.scenarios`.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import pwd
from collections.abc import Iterator, Mapping
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)

#: Which account plays a part where nobody says otherwise: the names of the distributions.
DEFAULTS: Mapping[str, str] = {
    'cinder': 'cinder',
    'hypervisor': 'libvirt-qemu',
    'outsider': 'nobody',
}


class AccountError(Exception):
    """An account can't be used; the message says which, and what to do."""


@dataclasses.dataclass(frozen=True)
class Account:
    """A user of the machine.

    :ivar groups: the ids of its supplementary groups.
    """

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()

    @classmethod
    def named(cls, name: str) -> Account:
        """Return the account that the machine knows by a name.

        :raises AccountError: there is none.
        """
        try:
            entry = pwd.getpwnam(name)
        except KeyError as error:
            raise AccountError(f'this machine has no account {name!r}') from error
        groups = os.getgrouplist(name, entry.pw_gid)
        return cls(name, entry.pw_uid, entry.pw_gid, tuple(sorted(set(groups))))

    def __str__(self) -> str:
        return f'{self.name} (uid {self.uid})'

    def process_arguments(self) -> dict[str, Any]:
        """Return what makes :class:`subprocess.Popen` start a process as this account."""
        return {'user': self.uid, 'group': self.gid, 'extra_groups': list(self.groups)}

    @contextlib.contextmanager
    def files(self) -> Iterator[None]:
        """Let this thread alone reach files as the account, as a file server does.

        Root's power over files is gone meanwhile (setfsuid(2)), over processes it stays. Threads
        started meanwhile begin as the account, too; a program is started as ourselves. The groups
        are the whole process's business: :meth:`joined`.

        :raises AccountError: this process may not.
        """
        group, user = _LIBC.setfsgid(self.gid), _LIBC.setfsuid(self.uid)
        try:
            # Neither call tells whether it worked, but both return who it was before.
            if _LIBC.setfsgid(-1) != self.gid or _LIBC.setfsuid(-1) != self.uid:
                raise AccountError(f'only root can act as account {self}; run as root')
            yield
        finally:
            _LIBC.setfsuid(user)
            _LIBC.setfsgid(group)

    @contextlib.contextmanager
    def joined(self) -> Iterator[None]:
        """Give this process the account's supplementary groups for a while.

        :meth:`files` needs them, but the C library sets groups for all threads at once. Root
        loses nothing by it.

        :raises AccountError: this process may not.
        """
        before = os.getgroups()
        try:
            os.setgroups(self.groups)
        except PermissionError as error:
            raise AccountError(f'only root can act as account {self}; run as root') from error
        try:
            yield
        finally:
            os.setgroups(before)


@contextlib.contextmanager
def ourselves() -> Iterator[None]:
    """Let this thread reach files as who we are again, within :meth:`Account.files` too."""
    group, user = _LIBC.setfsgid(os.getegid()), _LIBC.setfsuid(os.geteuid())
    try:
        yield
    finally:
        _LIBC.setfsuid(user)
        _LIBC.setfsgid(group)


@dataclasses.dataclass(frozen=True)
class Accounts:
    """Who plays which part.

    :ivar cinder: runs Cinder's services, and owns the volumes' files.
    :ivar hypervisor: runs every QEMU, and has to be able to open them.
    :ivar outsider: must not be able to.
    """

    cinder: Account
    hypervisor: Account
    outsider: Account

    @classmethod
    def named(cls, names: Mapping[str, str]) -> Accounts:
        """Return the accounts of these names; a part not named gets its default.

        :raises AccountError: one doesn't exist, two parts have one account, or we aren't root.
        """
        if os.geteuid() != 0:
            raise AccountError(
                'a run with separate accounts has to start as root: it starts each service as '
                "that service's account; run it with sudo"
            )
        wanted = {**DEFAULTS, **names}
        found = {role: _played(role, name) for role, name in wanted.items()}
        for role, account in found.items():
            for other, rival in found.items():
                if role < other and account.uid == rival.uid:
                    raise AccountError(
                        f'{role} and {other} are both account {account}: nothing about access '
                        f'could be told from that; choose another, --account {other}=NAME'
                    )
        return cls(**found)

    def roles(self) -> dict[str, Account]:
        """Return each account by its part."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def shared_group(self) -> int | None:
        """Return a group of both Cinder's account and the hypervisor's that no outsider is in."""
        ours, theirs, others = (
            {account.gid, *account.groups}
            for account in (self.cinder, self.hypervisor, self.outsider)
        )
        return min((ours & theirs) - others, default=None)


def _played(role: str, name: str) -> Account:
    try:
        account = Account.named(name)
    except AccountError as error:
        raise AccountError(
            f'{error}, which was to be {role}; add it, or name another: --account {role}=NAME'
        ) from error
    # Cinder itself may well run as root, if a driver needs that.
    if account.uid == 0 and role != 'cinder':
        raise AccountError(f'{role} can not be root; name another account: --account {role}=NAME')
    return account
