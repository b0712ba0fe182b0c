# SPDX-License-Identifier: Apache-2.0
"""Looks at a volume's files on the share, where no guest looks.

Main functions: :func:`write` and :func:`read`, of data that merges have to move, and
:func:`audit`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.stack import commands
from tests.stack.errors import StoryError
from tests.stack.outcomes import errors
from tests.stack.packages import ROOT
from tests.stack.settings import Settings
from tests.stack.stack import Stack

#: What the data consists of, and of what there is where nothing was written.
PATTERN, NOTHING = 90, 0
#: Where it is, in bytes: the guest stays in the first quarter of its disk of 2 GiB.
_AT, _LENGTH = 1 << 30, 768 << 20


def write(overlay: Path) -> None:
    """Write the data to an overlay that nobody has open.

    :raises CommandError: it can't be written.
    """
    words = f'write -P {PATTERN} {_AT} {_LENGTH}'
    commands.run(['qemu-io', '-f', 'qcow2', '-c', words, str(overlay)])


def read(path: Path, image_format: str, pattern: int) -> None:
    """See that a file and those below it have the data, or nothing in its place.

    :raises CommandError: it has something else.
    """
    words = f'read -P {pattern} {_AT} {_LENGTH}'
    commands.run(['qemu-io', '-r', '-f', image_format, '-c', words, str(path)])


def audit(stack: Stack, settings: Settings, volume: str) -> None:
    """Have a volume's record, chain and files compared.

    :raises StoryError: they don't agree.
    """
    check = (sys.executable, '-m', 'nova_assist', 'check', '-f', 'json', str(settings.exported))
    command = stack.namespace.command('env', '-C', str(ROOT), *check)
    found = errors(subprocess.run(command, stdout=subprocess.PIPE).stdout, volume)
    if found:
        raise StoryError(f'nova-assist check finds: {"; ".join(found)}')
