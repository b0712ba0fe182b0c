# SPDX-License-Identifier: Apache-2.0
"""The form of the files that oslo.config reads; main function: :func:`render`."""

from __future__ import annotations

from collections.abc import Mapping

#: Options by section.
Sections = Mapping[str, Mapping[str, str]]


def render(sections: Sections) -> str:
    """Return the text of a configuration file."""
    return '\n'.join(
        '\n'.join([f'[{name}]', *(f'{key} = {value}' for key, value in options.items()), ''])
        for name, options in sections.items()
    )


def literal(value: object) -> str:
    """Return a value as oslo.config has it where it must not substitute ``$`` expressions."""
    return str(value).replace('$', '$$')
