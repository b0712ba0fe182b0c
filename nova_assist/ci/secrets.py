# SPDX-License-Identifier: Apache-2.0
"""Takes secrets out of what is published; main class: :class:`Masker`.

Too much rather than too little. What is known: values of settings and of JSON whose name says that
they are secret, options of commands of such a name, passwords in URLs, and Keystone's Fernet
tokens wherever they are.
"""

from __future__ import annotations

import re

_MASK = '***'

_NAMES = (
    r'(?:(?<=\w)pass|passwd|password|passphrase|secret|token|credential|credentials|transport_url'
    r'|connection|connection_string|(?:api|access|auth|fixed|private|secret)_?key)'
)

# Repetitions are bounded: a hostile line may not make a search quadratic.
_SETTING = re.compile(
    rf'^(\s{{0,99}}#?\s{{0,9}}(?:export\s{{1,9}})?[\w.-]{{0,99}}{_NAMES}\s{{0,99}}[=:]\s{{0,9}})\S.*',
    re.I,
)
#: A quote on a page.
_ENTITY = r'&#3[49];'
#: A value in quotes, which may be escaped, as in JSON within JSON, or cut off by the line's end.
_QUOTED = (
    r"""b?(?:"(?:[^"\\]|\\.)*["\\]?|'(?:[^'\\]|\\.)*['\\]?|\\{1,9}["'][^"']*["']?"""
    rf'|{_ENTITY}(?:[^&]|&(?!#3[49];))*(?:{_ENTITY})?)'
)
_NAMED = re.compile(
    rf"""({_NAMES}(?:\\{{0,9}}["']|{_ENTITY})?\s{{0,9}}[=:]\s{{0,9}})({_QUOTED}|[^\s"',;&<>)}}\]]+)""",
    re.I,
)
_OPTION = re.compile(
    rf"""((?<![\w-])--[\w-]{{0,99}}{_NAMES}\s{{1,9}})({_QUOTED}|[^\s"'-]\S*)""", re.I
)
_IN_URL = re.compile(r"""(://[^\s:/@"'<>]{0,200}:)[^\s"'<>]{1,999}@""")
#: What is in each line that has anything to mask, in small letters: most lines have none of it.
_HINTS = ('pass', 'secret', 'token', 'credential', '_url', 'connection', 'key', '://', 'gaaaaa')
_OPENING = re.compile(rf"""b?(\\*["']|{_ENTITY})""")
_FERNET = re.compile(r'gAAAAA[\w-]{20,}')


class Masker:
    """Masks the lines of one text, in order: a long setting goes on in the next line.

    :param settings: the text is configuration, where a value takes the rest of its line.
    """

    def __init__(self, *, settings: bool) -> None:
        self._settings = settings
        self._within = False

    def line(self, line: str) -> str:
        """Return a line without its secrets, and without what ends it."""
        line = line.rstrip('\r\n')
        if self._settings:
            # oslo.config takes a line that is indented for more of the value above.
            if self._within and line[:1].isspace() and line.strip():
                return f'    {_MASK}'
            match = _SETTING.match(line)
            self._within = match is not None
            if match:
                return match.group(1) + _MASK
        small = line.lower()
        if not any(hint in small for hint in _HINTS):
            return line
        line = _IN_URL.sub(rf'\1{_MASK}@', line)
        line = _OPTION.sub(_hidden, _NAMED.sub(_hidden, line))
        return _FERNET.sub(_MASK, line)

    def text(self, text: str) -> str:
        """Return some lines without their secrets."""
        return '\n'.join(self.line(line) for line in text.split('\n'))


def _hidden(match: re.Match[str]) -> str:
    name, value = match.groups()
    opening = _OPENING.match(value)
    quote = opening[1] if opening else ''
    return f'{name}{quote}{_MASK}{quote}'
