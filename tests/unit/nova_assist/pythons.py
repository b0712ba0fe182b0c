# SPDX-License-Identifier: Apache-2.0
"""A Python that another account can run: ours may well be in a home that is closed to others."""

import subprocess
import sys
import unittest


def python_of(account):
    """Return its path, or skip the test."""
    for python in (sys.executable, '/usr/bin/python3'):
        try:
            subprocess.run([python, '-c', ''], check=True, cwd='/', **account.process_arguments())
        except (OSError, subprocess.SubprocessError):
            continue
        return python
    raise unittest.SkipTest(f'account {account} can run no Python')
