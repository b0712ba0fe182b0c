# SPDX-License-Identifier: Apache-2.0
"""Plays the lifecycle with each kind of threads that the installed Cinder has: ``python -m`` this.

Main function: :func:`main`. Exit codes are those of ``nova-assist run``.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

#: What Cinder asks which threads to have, where it can do without eventlet (its ``monkey_patch``).
_SWITCH = 'OS_CINDER_DISABLE_EVENTLET_PATCHING'


def main() -> int:
    """Play it once or twice, and return the worst exit code."""
    codes = [_play('false', 'under eventlet')]
    if importlib.util.find_spec('cinder.monkey_patch'):
        codes.append(_play('true', 'in native threads'))
    else:
        print('This Cinder has no native threads: they came with 2026.2.')
    return max(codes)


def _play(value: str, how: str) -> int:
    print(f'Cinder {how}', flush=True)
    command = [sys.executable, '-m', 'nova_assist', 'run']
    return subprocess.run(command, env={**os.environ, _SWITCH: value}).returncode


if __name__ == '__main__':
    sys.exit(main())
