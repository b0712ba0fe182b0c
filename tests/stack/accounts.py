# SPDX-License-Identifier: Apache-2.0
"""The machine's files of accounts with ours added; main function: :func:`files`.

Pure. That the stack alone sees them is left to :mod:`tests.stack.namespace`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.stack.settings import ACCOUNTS, GROUP, GROUP_NAME, HYPERVISOR


def files(etc: Mapping[str, str], home: str) -> dict[str, str]:
    """Return the texts of ``passwd``, ``group`` and ``shadow``.

    :param etc: the texts of the machine's.
    :param home: the home of our accounts.
    """
    members = ','.join([*ACCOUNTS, HYPERVISOR])
    added = {
        'passwd': [f'{name}:x:{id}:{id}::{home}:/bin/sh' for name, id in ACCOUNTS.items()],
        'group': [
            f'{GROUP_NAME}:x:{GROUP}:{members}',
            *(f'{name}:x:{id}:' for name, id in ACCOUNTS.items()),
        ],
        # sudo wants an entry.
        'shadow': [f'{name}:*:19000::::::' for name in ACCOUNTS],
    }
    return {name: _joined(etc[name], lines) for name, lines in added.items()}


def _joined(text: str, lines: list[str]) -> str:
    """Return a file with lines added, in place of those of the same names or numbers."""
    names = {line.split(':')[0] for line in lines}
    numbers = {str(number) for number in (GROUP, *ACCOUNTS.values())}
    kept = [
        line
        for line in text.splitlines()
        if line.split(':')[0] not in names and not _numbered(line, numbers)
    ]
    return '\n'.join([*kept, *lines, ''])


def _numbered(line: str, numbers: set[str]) -> bool:
    fields = line.split(':')
    # In ``shadow`` the third field is a day.
    return fields[1:2] == ['x'] and fields[2:3] != [] and fields[2] in numbers
