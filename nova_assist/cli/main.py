# SPDX-License-Identifier: Apache-2.0
"""Where the command ``nova-assist`` begins and ends, and answers signals in between.

Main function: :func:`main`. All else is left to :mod:`nova_assist.cli.commands`, which is imported
when signals are answered already, for that takes a noticeable time.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nova_assist.cli.errors import ExitCode
from nova_assist.cli.signals import stop_once

if TYPE_CHECKING:
    from nova_assist.cli.harness import Harness

#: The modules of others that warn of each other.
_THEIRS = r'(castellan|cinder|eventlet|keystoneauth1|os_brick|oslo_\w+|webob)(\.|$)'


def main(words: Sequence[str] | None = None, harness: Harness | None = None) -> int:
    """Carry out one command line and return the exit code; nothing is raised.

    :param words: the command line's words (default: those of this process).
    :param harness: where clouds and scenarios come from (default: this package).
    """
    if not sys.warnoptions:
        # Cinder 29 warns of the libraries that it uses: nothing for who runs this.
        warnings.filterwarnings('ignore', module=_THEIRS)
    try:
        with stop_once():
            from nova_assist.cli import commands

            return commands.carry_out(sys.argv[1:] if words is None else words, harness)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
