# SPDX-License-Identifier: Apache-2.0
"""Writes a command's result to stdout. Main function: :func:`emit`."""

from __future__ import annotations

import os
import sys


def emit(words: str) -> None:
    """Write ``words`` to stdout; a reader that went away, such as ``head``, is no failure."""
    try:
        sys.stdout.write(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python's own flush at exit would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
