# SPDX-License-Identifier: Apache-2.0
"""Runs a command where this machine has the accounts of secure mode: ``python -m`` this COMMAND.

Main function: :func:`among_accounts`, an :data:`Around`. The accounts are there for the command
and its children alone, in a mount namespace, and gone when they have ended; that needs root. They
are those of the lab, which has real NFS: here a share is a local folder.
"""

from __future__ import annotations

import functools
import os
import pathlib
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence

#: Makes of a command the one that is run.
Around = Callable[[Sequence[str]], Sequence[str]]

#: What ``nova-assist run`` is told of them.
SECURE = ('--secure', '--account', 'hypervisor=qemu', '--account', 'outsider=outsider')

#: The group of those who reach a volume's file, and the accounts: in it, or not.
_GROUP = ('volumes', 9000)
_ACCOUNTS = {'cinder': (9001, True), 'qemu': (9003, True), 'outsider': (9004, False)}
_ROOT = pathlib.Path(__file__).parents[1]
#: A folder that every machine has, and where nothing of ours is.
_ROOM = pathlib.Path('/mnt')
#: The first word to this module in the namespace.
_INSIDE = '--inside'
_TRIAL = (
    'import subprocess, sys; subprocess.run([sys.executable, "-c", "import nova_assist"], '
    'user={0}, group={0}, extra_groups=[], check=True)'
)


def among_accounts(command: Sequence[str]) -> list[str]:
    """Return the command that runs a command among the accounts.

    The working folder has to be that of this project.
    """
    return [sys.executable, '-m', 'tests.accounts', *command]


@functools.cache
def refusal() -> str:
    """Return why this process can't have accounts that can run its Python; empty if it can."""
    if os.geteuid() != 0:
        return 'accounts of one namespace alone need root'
    outsider, _ = _ACCOUNTS['outsider']
    trial = among_accounts([sys.executable, '-c', _TRIAL.format(outsider)])
    tried = subprocess.run(trial, cwd=_ROOT, capture_output=True, text=True)
    said = tried.stderr.strip().rpartition('\n')[2]
    return f'no accounts that can run {sys.executable}: {said}' if tried.returncode else ''


def _main(words: Sequence[str]) -> None:
    """Enter a namespace; in it, add the accounts, and become the command."""
    if not words:
        sys.exit('usage: python -m tests.accounts COMMAND')
    if words[0] != _INSIDE:
        command = among_accounts([_INSIDE, *words])
        os.execvp('unshare', ['unshare', '--mount', *command])
    folder = os.getcwd()
    _mount('-t', 'tmpfs', 'accounts', str(_ROOM))
    _add_accounts()
    _let_pass(map(pathlib.Path, (folder, sys.prefix, sys.base_prefix)))
    subprocess.run(['umount', '--lazy', _ROOM], check=True)
    os.chdir(folder)
    os.execvp(words[1], words[1:])


def _add_accounts() -> None:
    members = [name for name, (_, member) in _ACCOUNTS.items() if member]
    group, number = _GROUP
    groups = [f'{group}:x:{number}:{",".join(members)}']
    groups += [f'{name}:x:{each}:' for name, (each, _) in _ACCOUNTS.items()]
    users = [
        f'{name}:x:{each}:{each}::/nonexistent:/bin/false' for name, (each, _) in _ACCOUNTS.items()
    ]
    _replace(pathlib.Path('/etc/passwd'), users)
    _replace(pathlib.Path('/etc/group'), groups)


def _replace(file: pathlib.Path, lines: Sequence[str]) -> None:
    """Have a file of accounts be one with ours, before which those of their names give way."""
    names = {line.partition(':')[0] for line in lines}
    kept = [line for line in file.read_text().splitlines() if line.partition(':')[0] not in names]
    ours = _ROOM / file.name
    ours.write_text('\n'.join([*kept, *lines, '']))
    ours.chmod(0o644)
    _mount('--bind', str(ours), str(file))


def _let_pass(places: Iterable[pathlib.Path]) -> None:
    """Let everybody get to places in closed folders, such as root's home, which lack all else now.

    That is where a Python often is, and a checkout.
    """
    closed: dict[pathlib.Path, set[str]] = {}
    for place in places:
        for way in (place, *place.parents):
            if not way.parent.stat().st_mode & stat.S_IXOTH:
                closed.setdefault(way.parent, set()).add(way.name)
    for number, folder in enumerate(sorted(closed)):  # the outer ones first
        before = _ROOM / str(number)
        before.mkdir()
        _mount('--rbind', str(folder), str(before))
        _mount('-t', 'tmpfs', '-o', 'mode=755', 'passable', str(folder))
        for name in closed[folder]:
            (folder / name).mkdir()
            _mount('--rbind', str(before / name), str(folder / name))


def _mount(*words: str) -> None:
    subprocess.run(['mount', *words], check=True)


if __name__ == '__main__':
    _main(sys.argv[1:])
