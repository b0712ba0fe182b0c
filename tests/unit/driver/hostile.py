# SPDX-License-Identifier: Apache-2.0
"""What somebody who can write to a share can put in the place of a volume's file."""

import contextlib
import os
import pathlib
import signal

#: Kinds of things that are no regular file, by how they are made.
PLANTS = {
    'link to a secret': lambda path: path.symlink_to('/etc/passwd'),
    'link to nothing': lambda path: path.symlink_to('/nonexistent/x'),
    'link to a neighbour': lambda path: path.symlink_to('volume-of-somebody-else'),
    'pipe': os.mkfifo,
    'folder': pathlib.Path.mkdir,
}

_SECONDS = 20


@contextlib.contextmanager
def plant(kind, path):
    """Put something in the place of a file for the length of the block; then put the file back."""
    aside = path.with_name(f'.aside-{path.name}')
    if path.exists():
        path.rename(aside)
    PLANTS[kind](path)
    try:
        yield
    finally:
        path.rmdir() if kind == 'folder' else path.unlink()
        if aside.exists():
            aside.rename(path)


@contextlib.contextmanager
def at_once():
    """Fail if the block waits for something that will never come."""

    def fail(*_):
        raise AssertionError(f'still waiting after {_SECONDS} seconds')

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
