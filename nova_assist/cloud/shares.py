# SPDX-License-Identifier: Apache-2.0
"""The shares of a cloud: where their files are, and how they get there.

Main classes: :class:`ShareView`, and :class:`ShareLayout`, which makes them real. A local share is
a folder below the mount base, named as the drivers name a mount point, so that nothing has to be
mounted; :mod:`nova_assist.cloud.stand_ins` sees to that. An NFS export is really mounted.
Unmounting is left to :mod:`nova_assist.cloud.reaper`, which also does it when this process is
killed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.cloud.errors import ShareError

_EXPORT = re.compile(r'([^\s:/-][^\s:/]*|\[[0-9A-Fa-f:.%\w]+\]):/\S*')


@dataclasses.dataclass(frozen=True)
class ShareView:
    """A share.

    :param name: as Cinder knows it, such as ``localhost:/raw``.
    :param path: the local folder with its files.
    """

    name: str
    path: Path

    @classmethod
    def at(cls, name: str, mount_base: Path) -> ShareView:
        """Return the share with its mount point as os-brick and Nova choose it."""
        digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        return cls(name, mount_base / digest)


@dataclasses.dataclass(frozen=True)
class ShareLayout:
    """Where a cloud's shares are to be.

    :param base: the folder with the mount points.
    :param views: the share by backend, the first of it.
    :param further: more shares, by backend.
    :param export: the NFS export to mount, or ``None`` where the shares are local folders.
    :param own: the base is a folder of the cloud's own, not a user's.
    """

    base: Path
    views: Mapping[str, ShareView]
    export: str | None = None
    own: bool = False
    further: Mapping[str, tuple[ShareView, ...]] = dataclasses.field(default_factory=dict)

    def of(self, backend: str) -> tuple[ShareView, ...]:
        """Return all shares of a backend."""
        return (self.views[backend], *self.further.get(backend, ()))

    @property
    def all(self) -> frozenset[ShareView]:
        """The shares of all backends."""
        return frozenset(view for backend in self.views for view in self.of(backend))

    @property
    def unmount_below(self) -> Path | None:
        """The folder below which to unmount everything in the end."""
        return self.base if self.export else None

    @property
    def local_base(self) -> Path | None:
        """The folder with the shares where they are local folders."""
        return None if self.export else self.base

    def missing(self) -> list[Path]:
        """Return the folders of shares that :meth:`prepare` has to make."""
        return sorted(view.path for view in self.all if not view.path.exists())

    def prepare(
        self,
        mount_options: str | None = None,
        environment: Mapping[str, str] | None = None,
        account: Account | None = None,
    ) -> None:
        """Make or mount the shares.

        :param mount_options: what to give to ``mount -o``.
        :param environment: the environment for ``mount``, if not ours.
        :param account: who makes local ones, and has to be able to write them, if not we.
        :raises ShareError: a share can't be made, mounted or written.
        """
        for view in self.all:
            maker = None if self.export else account
            with _files_of(maker):
                _make(view, maker)
            if self.export:
                _mount(view, mount_options, environment)
            with _files_of(account):
                _check_writable(view, account)


def is_export(share: str) -> bool:
    """Tell whether a share is an NFS export ``host:/path``, rather than a local folder."""
    return bool(_EXPORT.fullmatch(share))


def plan(share: str | None, folder: Path, backends: Iterable[str], count: int = 1) -> ShareLayout:
    """Decide where the shares are to be.

    :param share: a local folder, an NFS export ``host:/path``, or ``None`` for a folder of the
        cloud's own.
    :param folder: the cloud's folder.
    :param count: how many each backend gets, which are local folders if they are several.
    :raises ShareError: an export is to be several.
    """
    if share and is_export(share):
        if count > 1:
            raise ShareError(
                f'{share} is one share, not {count}: several are local folders, leave it out'
            )
        base = folder / 'mnt'
        view = ShareView.at(share, base)
        return ShareLayout(base, dict.fromkeys(backends, view), export=share)
    base = Path(share).resolve() if share else folder / 'share'
    views = {name: ShareView.at(f'localhost:/{name}', base) for name in backends}
    further = {
        name: tuple(
            ShareView.at(f'localhost:/{name}-{number}', base) for number in range(2, count + 1)
        )
        for name in views
    }
    return ShareLayout(base, views, own=share is None, further=further)


def _make(share: ShareView, account: Account | None) -> None:
    try:
        share.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ShareError(
            f'cannot make the folder of the share {share.name}{_by(account)}: {error}; '
            f'{_advice(share.path.parent, account)}'
        ) from error


def _mount(share: ShareView, options: str | None, environment: Mapping[str, str] | None) -> None:
    """Mount an NFS export.

    :raises ShareError: this needs root, or mount says no.
    """
    if os.geteuid() != 0:
        raise ShareError(
            f'mounting {share.name} needs root: run as root, or mount it yourself and give the '
            'folder instead'
        )
    flags = ['-o', options] if options else []
    command = ['mount', '-t', 'nfs', *flags, share.name, str(share.path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if run.returncode:
        raise ShareError(
            f'cannot mount {share.name}: {" ".join(command)}: exit code {run.returncode}: '
            f'{" ".join((run.stderr or run.stdout).split())}'
        )


def _check_writable(share: ShareView, account: Account | None) -> None:
    try:
        with tempfile.TemporaryFile(dir=share.path) as probe:
            probe.write(b'probe')
    except OSError as error:
        raise ShareError(
            f'the share {share.name} at {share.path} cannot be written{_by(account)}: {error}; '
            f'{_advice(share.path, account)}'
        ) from error


def _advice(folder: Path, account: Account | None) -> str:
    looking = f' --account {account.name}' if account else ''
    return (
        f'give the folder to {account or "the user who runs this"}, or choose another share '
        f'("nova-assist check --access {folder}{looking}" says more of a share that is mounted)'
    )


def _by(account: Account | None) -> str:
    return f' by account {account}' if account else ''


def _files_of(account: Account | None) -> contextlib.AbstractContextManager[None]:
    return account.files() if account else contextlib.nullcontext()
