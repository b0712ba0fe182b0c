# SPDX-License-Identifier: Apache-2.0
"""
What the lab is to do, written down for the first process inside.

Main class: :class:`Job`. Leaves where it is done to ``machines``.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import re
import shutil
import stat
import sys

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = ('inside.sh', 'server.sh')


def size(text: str) -> str:
    """
    Check a size, as ``64M`` or ``8G``.

    :raises argparse.ArgumentTypeError: it is none
    """
    if not re.fullmatch(r'[1-9]\d*[MG]', text):
        raise argparse.ArgumentTypeError(f'{text!r} is no size: give a number and M or G, as 64M')
    return text


@dataclasses.dataclass(frozen=True)
class Export:
    """A folder that the NFS server exports, on a file system of its own."""

    path: str
    size: str
    options: str = 'root_squash'

    @classmethod
    def parse(cls, text: str) -> Export:
        """
        Parse ``PATH:SIZE[:OPTIONS]``.

        :raises argparse.ArgumentTypeError: it is not of that form
        """
        path, _, rest = text.partition(':')
        size_text, _, options = rest.partition(':')
        if not re.fullmatch(r'(/[\w.-]+)+', path):
            raise argparse.ArgumentTypeError(f'{text!r} does not begin with a path, as /srv/data')
        if not re.fullmatch(r'[\w=.,/@-]*', options):
            raise argparse.ArgumentTypeError(f'{options!r} are no options of an export')
        return cls(path, size(size_text), options or cls.options)

    @classmethod
    def defaults(cls) -> tuple[Export, ...]:
        """The exports of a lab that was asked for none."""
        return (
            cls('/srv/squash', '8G'),
            cls('/srv/trusting', '8G', 'no_root_squash'),
            cls('/srv/small', '64M'),
        )

    def __str__(self) -> str:
        return f'{self.path}:{self.size}:{self.options}'


@dataclasses.dataclass(frozen=True)
class Job:
    """
    What the lab is to do.

    :ivar command: the program and its arguments
    :ivar exports: what the NFS server exports
    :ivar shares: folders that are really written
    """

    command: tuple[str, ...]
    exports: tuple[Export, ...]
    shares: tuple[pathlib.Path, ...]

    def write(self, folder: pathlib.Path, variables: dict[str, str]) -> None:
        """
        Write it to files of a folder, with the scripts that read them.

        :param variables: added to this process's environment for the command
        """
        environment = {**os.environ, **variables, 'NOVA_ASSIST_LAB': '1'}
        texts = {
            'command': ''.join(f'{argument}\0' for argument in self.command),
            'environment': ''.join(f'{name}={value}\0' for name, value in environment.items()),
            'folder': f'{os.getcwd()}\0',
            'exports': ''.join(f'{export}\n' for export in self.exports),
            'shares': ''.join(f'{share}\0' for share in (folder, *self.shares)),
            'passable': ''.join(f'{path}\0' for path in self._impassable()),
        }
        for name, text in texts.items():
            (folder / name).write_text(text, errors='surrogateescape')
        for name in SCRIPTS:
            shutil.copy(HERE / name, folder)

    def _impassable(self) -> list[pathlib.Path]:
        """Folders that the accounts have to pass and can't, as root's home is one."""
        ways = [pathlib.Path.cwd(), HERE, *map(pathlib.Path, os.get_exec_path())]
        for program in (self.command[0], sys.executable):
            ways += [path.parent for path in _links(shutil.which(program))]
        folders = {
            folder
            for way in ways
            for place in (pathlib.Path(os.path.abspath(way)), way.resolve())
            for folder in (place, *place.parents)
        }
        return sorted(folder for folder in folders if self._closed(folder))

    def _closed(self, folder: pathlib.Path) -> bool:
        """Whether others may not pass it; a shared folder keeps its modes, and never counts."""
        if any(share == folder or share in folder.parents for share in self.shares):
            return False
        return folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH


def _links(program: str | None) -> list[pathlib.Path]:
    """The files one comes by when a program is started: links, the file, its interpreter."""
    found: list[pathlib.Path] = []
    while program is not None and len(found) < 40:
        path = pathlib.Path(program).absolute()
        found.append(path)
        program = None
        if path.is_symlink():
            program = str(path.parent / path.readlink())
        elif path.is_file():
            with path.open('rb') as file:
                words = file.readline(256).split()
            if words and words[0].startswith(b'#!') and len(words[0]) > 2:
                program = os.fsdecode(words[0][2:])
    return found
