# SPDX-License-Identifier: Apache-2.0
"""What may be sent to a stream: colours, lines that are drawn again, and how wide they are."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

_FALLBACK = (100, 24)


def wants_colour(stream: TextIO) -> bool:
    """Tell whether ``stream`` is a terminal that may be sent colours (https://no-color.org)."""
    return is_live(stream) and not os.environ.get('NO_COLOR')


def is_live(stream: TextIO) -> bool:
    """Tell whether ``stream`` is a terminal on which a line can be drawn again."""
    return stream.isatty() and os.environ.get('TERM') not in ('dumb', 'unknown')


def width() -> int:
    """Return the columns of the terminal, or a width that reads well where there is none."""
    return shutil.get_terminal_size(_FALLBACK).columns
