# SPDX-License-Identifier: Apache-2.0
"""The shares of a cloud: where their files are, and how they get there.

Main classes: :class:`ShareView`, and :class:`ShareLayout`, which makes them real. A local share is
a folder below the mount base, named as the drivers name a mount point, so that nothing has to be
mounted; programs that drivers call to mount are stand-ins that do nothing. An NFS export is
really mounted. Unmounting is left to :mod:`nova_assist.cloud.reaper`, which also does it when
this process is killed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from nova_assist.cloud.errors import ShareError

_EXPORT = re.compile(r'([^\s:/-][^\s:/]*|\[[0-9A-Fa-f:.%\w]+\]):/\S*')

_NOTHING = 'exit 0'
#: What drivers call to mount, and Cinder to become root, as shell commands that need no root.
_STAND_INS = {
    'mount': _NOTHING,
    'mount.nfs': _NOTHING,
    'umount': _NOTHING,
    'sudo': 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"',
    'cinder-rootwrap': 'shift; exec "$@"',
}


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
    :param views: the share by backend.
    :param export: the NFS export to mount, or ``None`` where the shares are local folders.
    :param stand_ins: the folder for the stand-ins, or ``None`` where they aren't wanted.
    """

    base: Path
    views: Mapping[str, ShareView]
    export: str | None = None
    stand_ins: Path | None = None

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
        paths = {view.path for view in self.views.values()}
        return sorted(path for path in paths if not path.exists())

    def prepare(
        self, mount_options: str | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        """Make or mount the shares, and the stand-ins.

        :param mount_options: what to give to ``mount -o``.
        :param environment: the environment for ``mount``, if not ours.
        :raises ShareError: a share can't be made, mounted or written.
        """
        for view in set(self.views.values()):
            try:
                view.path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ShareError(f'cannot make the share {view.path}: {error}') from error
            if self.export:
                _mount(view, mount_options, environment)
            _check_writable(view)
        if self.stand_ins:
            _write_stand_ins(self.stand_ins)


def is_export(share: str) -> bool:
    """Tell whether a share is an NFS export ``host:/path``, rather than a local folder."""
    return bool(_EXPORT.fullmatch(share))


def plan(share: str | None, folder: Path, backends: Iterable[str]) -> ShareLayout:
    """Decide where the shares are to be.

    :param share: a local folder, an NFS export ``host:/path``, or ``None`` for a folder of the
        cloud's own.
    :param folder: the cloud's folder.
    """
    if share and is_export(share):
        base = folder / 'mnt'
        view = ShareView.at(share, base)
        return ShareLayout(base, dict.fromkeys(backends, view), export=share)
    base = Path(share).resolve() if share else folder / 'share'
    views = {name: ShareView.at(f'localhost:/{name}', base) for name in backends}
    return ShareLayout(base, views, stand_ins=folder / 'bin')


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


def _write_stand_ins(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, command in _STAND_INS.items():
        path = folder / name
        path.write_text(f'#!/bin/sh\n{command}\n')
        path.chmod(0o755)


def _check_writable(share: ShareView) -> None:
    try:
        with tempfile.TemporaryFile(dir=share.path) as probe:
            probe.write(b'probe')
    except OSError as error:
        raise ShareError(
            f'the share {share.name} at {share.path} cannot be written: {error}; '
            'give its folder to the user who runs this, or choose another share'
        ) from error
