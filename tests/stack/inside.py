# SPDX-License-Identifier: Apache-2.0
"""The first steps inside the namespace: makes the mounts, then becomes the supervisor.

Main function: :func:`main`. Which mounts is left to :mod:`tests.stack.premises`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def main(steps: Path, command: Sequence[str]) -> None:
    """Make the mounts that a file lists, in order, and run the command in our place."""
    for mount in json.loads(steps.read_text())['mounts']:
        target = Path(mount['target'])
        if not target.exists():
            target.mkdir(parents=True)
        subprocess.run(mount['command'], check=True)
    os.execvp(command[0], list(command))


if __name__ == '__main__':
    main(Path(sys.argv[1]), sys.argv[2:])
