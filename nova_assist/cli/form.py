# SPDX-License-Identifier: Apache-2.0
"""The option of all commands: the form of what is printed. Main function: :func:`add_form`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def add_form(parser: argparse.ArgumentParser, forms: Sequence[str]) -> None:
    """Add the option to a command's parser; the first of the forms is the default."""
    parser.add_argument(
        '-f',
        '--format',
        dest='form',
        choices=forms,
        default=forms[0],
        help='the form of what is printed on stdout (default: %(default)s)',
    )
