# SPDX-License-Identifier: Apache-2.0
"""The console logs of servers: one text file each, which lasts as long as the server.

Main class: :class:`Console`. Who talks on it is left to
:mod:`nova_assist.compute.inside.system`.
"""

from __future__ import annotations

import pathlib


class Console:
    """A server's console log.

    :param path: its file, which may not be there yet.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def say(self, text: str) -> None:
        """Add a line."""
        with open(self._path, 'a', encoding='utf-8') as log:
            log.write(text.replace('\n', ' ') + '\n')

    def tail(self, lines: int | None) -> str:
        """Return the last *lines* lines, or all of them.

        As Nova counts, what follows the last line's end is a line, too.
        """
        try:
            said = self._path.read_text(encoding='utf-8')
        except FileNotFoundError:
            return ''
        if lines is None:
            return said
        return '\n'.join(said.split('\n')[-lines:]) if lines else ''

    def remove(self) -> None:
        """Forget all that was said."""
        self._path.unlink(missing_ok=True)
