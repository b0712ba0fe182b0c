# SPDX-License-Identifier: Apache-2.0
"""``python -m nova_assist.checks.open_process``: tries to open files as the account it runs as.

Main function: :func:`main`. A question is a list of paths; the answer has for each the ways in
which it could be opened, of ``read`` and ``write``. The side of who asks is
:mod:`nova_assist.checks.opening`.
"""

from __future__ import annotations

import json
import os
import sys

#: Neither makes, cuts nor changes a file.
_WAYS = {'read': os.O_RDONLY, 'write': os.O_WRONLY}


def main() -> None:
    """Answer until there are no more questions."""
    for line in sys.stdin:
        answer = {path: _open(path) for path in json.loads(line)}
        sys.stdout.write(json.dumps(answer) + '\n')
        sys.stdout.flush()


def _open(path: str) -> list[str]:
    ways = []
    for way, flags in _WAYS.items():
        try:
            handle = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        os.close(handle)
        ways.append(way)
    return ways


if __name__ == '__main__':
    main()
