# SPDX-License-Identifier: Apache-2.0
"""Writes a command's result to stdout. Main function: :func:`emit`."""

from __future__ import annotations

import os
import sys

from nova_assist.cli.errors import ResultLostError


def emit(words: str) -> None:
    """Write ``words`` to stdout; a reader that went away, such as ``head``, is no failure.

    :raises ResultLostError: they can't be written.
    """
    try:
        sys.stdout.write(words)
        sys.stdout.flush()
    except OSError as error:
        # Python's own flush at exit would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise ResultLostError(
                f"the result can't be written to stdout: {error.strerror}; send it elsewhere"
            ) from error
