# SPDX-License-Identifier: Apache-2.0
"""``nova-assist check``: what is wrong with the files of a share, or with the share itself.

Main function: :func:`check`. The one is left to :mod:`nova_assist.cli.check_share`, the other to
:mod:`nova_assist.cli.check_access`.
"""

from __future__ import annotations

from nova_assist.cli import check_access, check_share
from nova_assist.cli.errors import ExitCode
from nova_assist.cli.share_arguments import CheckArguments


def check(arguments: CheckArguments) -> ExitCode:
    """Look at a share, and print what was found.

    :raises CliError: it can't be looked at at all.
    """
    if arguments.access:
        return check_access.check(arguments)
    return check_share.check(arguments)
