# SPDX-License-Identifier: Apache-2.0
"""Programs that Cinder finds before the machine's own: what drivers mount and become root with.

Main class: :class:`StandIns`. Where a share is a local folder there is nothing to mount, and where
the run has separate accounts, becoming root is either a tripwire or done by the machine's sudo.
"""

from __future__ import annotations

import dataclasses
import os
import shlex
import shutil
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.cloud.errors import MissingToolError
from nova_assist.cloud.settings import Privilege

_NOTHING = 'exit 0'
_MOUNTING = {'mount': _NOTHING, 'mount.nfs': _NOTHING, 'umount': _NOTHING}

#: A local folder is mounted by doing nothing; who is right to ask root for it doesn't get it.
_UNLESS_MOUNTING = 'case " $* " in *" mount "*|*" umount "*) exit 0;; esac; '

_BECOMING_ROOT = ('sudo', 'cinder-rootwrap', 'privsep-helper')

#: Runs what Cinder wants to run as root, after the path of rootwrap's configuration.
_ROOTWRAP = 'shift; exec "$@"'
_SUDO_OF_OURS = 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"'


@dataclasses.dataclass(frozen=True)
class StandIns:
    """The stand-ins of one cloud.

    :ivar folder: where they are, to be first in the PATH.
    :ivar local: the shares are local folders.
    :ivar privilege: how Cinder gets root.
    """

    folder: Path
    local: bool
    privilege: Privilege

    @property
    def asked_for_root(self) -> Path:
        """The file with a line for each time that root was asked for, in vain or not."""
        return self.folder / 'asked-for-root'

    def write(self, account: Account | None) -> None:
        """Make them, in place of those of an earlier cloud.

        :param account: who runs them, if not we ourselves
        :raises MissingToolError: the machine has no sudo, and it is needed
        """
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir()
        for name, command in self._commands().items():
            path = self.folder / name
            path.write_text(f'#!/bin/sh\n{command}\n')
            path.chmod(0o755)
        self.asked_for_root.touch()
        if account:
            os.chown(self.asked_for_root, account.uid, account.gid)

    def _commands(self) -> dict[str, str]:
        """Return what each program does, as a shell command."""
        mounting = _MOUNTING if self.local else {}
        note = f'echo "${{0##*/}} $*" >>{shlex.quote(str(self.asked_for_root))}'
        if self.privilege is Privilege.NONE:
            wire = f'{note}; echo "$0: this run has no root, and must not need it" >&2; exit 1'
            excused = _UNLESS_MOUNTING if self.local else ''
            return {**mounting, **dict.fromkeys(_BECOMING_ROOT, excused + wire)}
        sudo = f'{note}; {_real_sudo()}' if self.privilege is Privilege.SUDO else _SUDO_OF_OURS
        return {**mounting, 'sudo': sudo, 'cinder-rootwrap': _ROOTWRAP}


def _real_sudo() -> str:
    """Return what calls the machine's sudo, which would forget PATH and the cloud's mark.

    :raises MissingToolError: there is none
    """
    program = shutil.which('sudo')
    if program is None:
        raise MissingToolError('sudo', 'sudo')
    kept = 'PATH="$PATH" NOVA_ASSIST_CLOUD="$NOVA_ASSIST_CLOUD"'
    return f'exec {shlex.quote(program)} -n env {kept} "$@"'
