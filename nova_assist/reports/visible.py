# SPDX-License-Identifier: Apache-2.0
"""Text from a run made fit for a terminal, XML and HTML.

File names and a service's messages may hold control characters, which would steer a terminal and
which XML 1.0 (section 2.2) forbids, and undecodable bytes, which can't be written as UTF-8.
"""

from __future__ import annotations

import re

_UNFIT = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]')


def visible(text: str) -> str:
    r"""Return ``text`` with every unfit character spelt out as ``\xNN`` or ``\uNNNN``."""
    return _UNFIT.sub(lambda match: _spelt(ord(match.group())), text)


def _spelt(code: int) -> str:
    return f'\\x{code:02x}' if code < 0x100 else f'\\u{code:04x}'
