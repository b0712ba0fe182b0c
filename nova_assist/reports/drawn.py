# SPDX-License-Identifier: Apache-2.0
"""Text with tables and colours, drawn to a string; main function: :func:`drawn`."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console

_NARROWEST = 40


def drawn(draw: Callable[[Console], None], *, width: int, colour: bool) -> str:
    """Return what is drawn on a console as lines of text.

    :param draw: prints on the console that it is given; what it prints is never markup
    :param width: columns of the terminal
    :param colour: use ANSI colours
    """
    console = Console(
        file=io.StringIO(),
        width=max(width, _NARROWEST),
        force_terminal=colour,
        color_system='standard' if colour else None,
        no_color=not colour,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    with console.capture() as captured:
        draw(console)
    return '\n'.join(line.rstrip() for line in captured.get().splitlines()) + '\n'
