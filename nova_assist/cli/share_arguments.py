# SPDX-License-Identifier: Apache-2.0
"""The grammar of the commands that look at a share: ``check`` and ``chain``.

Main classes: :class:`CheckArguments` and :class:`ChainArguments`.
"""

from __future__ import annotations

import argparse
import dataclasses
import math

from nova_assist.cli import target
from nova_assist.cli.form import add_form

_MODES = ('0660', '0666')
_SETTLE = 2.0
_LONGEST_SETTLE = 3600.0


@dataclasses.dataclass(frozen=True)
class CheckArguments:
    """What ``nova-assist check`` was asked.

    :param access: look at the share itself, and not at the volumes on it.
    :param account: look as this one; no account means that of this process.
    :param mode: what the mode of files should be, or ``None`` if that is to be inferred.
    :param settle: seconds for which something has to be found to be told.
    """

    share: str
    access: bool = False
    account: str | None = None
    repair: bool = False
    mode: int | None = None
    settle: float = _SETTLE
    form: str = 'table'


@dataclasses.dataclass(frozen=True)
class ChainArguments:
    """What ``nova-assist chain`` was asked; no share means any that is mounted here."""

    volume: str
    share: str | None = None
    account: str | None = None
    form: str = 'table'


def add_check(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``nova-assist check``."""
    parser.add_argument(
        'share',
        metavar='SHARE',
        type=target.share,
        nargs='?',
        help='check the volumes of this share, an export that is mounted here or a folder',
    )
    _add_looking(parser)
    parser.add_argument(
        '--access',
        metavar='SHARE',
        type=target.share,
        help='instead look at the share itself, as the driver does when cinder-volume starts: a '
        'file is made, locked, renamed and removed again',
    )
    _add_account(parser)
    add_form(parser, ('table', 'json'))


def check_arguments(parser: argparse.ArgumentParser, found: argparse.Namespace) -> CheckArguments:
    """Return what was asked of ``nova-assist check``.

    :raises SystemExit: the options don't go together.
    """
    if (found.share is None) == (found.access is None):
        parser.error('name one share: SHARE to check its volumes, or --access SHARE')
    if found.access is not None and (found.repair or found.mode):
        parser.error('--repair and --mode are for SHARE, not for --access SHARE')
    return CheckArguments(
        share=found.share or found.access,
        access=found.access is not None,
        account=found.account,
        repair=found.repair,
        mode=int(found.mode, 8) if found.mode else None,
        settle=found.settle,
        form=found.form,
    )


def add_chain(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``nova-assist chain``."""
    parser.add_argument(
        'volume',
        metavar='VOLUME',
        help="a volume's id, the name of one of its files, or the path of one",
    )
    parser.add_argument(
        '--share',
        metavar='SHARE',
        type=target.share,
        help='the share that it is on, an export that is mounted here or a folder (default: the '
        'folder of a path, else any NFS export that is mounted here)',
    )
    _add_account(parser)
    add_form(parser, ('table', 'json'))


def chain_arguments(found: argparse.Namespace) -> ChainArguments:
    """Return what was asked of ``nova-assist chain``."""
    return ChainArguments(
        volume=found.volume, share=found.share, account=found.account, form=found.form
    )


def _add_looking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--repair',
        action='store_true',
        help='mend what can be proved, while all QEMUs are kept out of the volume; no data is '
        'removed, and what is replaced is kept under a name that is printed',
    )
    parser.add_argument(
        '--mode',
        choices=_MODES,
        help='the mode that files should have, as nas_secure_file_permissions is true (0660) or '
        'false (0666) (default: the more frequent one of the two)',
    )
    parser.add_argument(
        '--settle',
        metavar='SECONDS',
        type=_seconds,
        default=_SETTLE,
        help='tell what is found at each look for so long, as operations under way come to '
        'pictures that look like damage (default: %(default)g)',
    )


def _add_account(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--account',
        metavar='NAME',
        help='look as this account, that of cinder-volume, for which you have to be root '
        '(default: as you)',
    )


def _seconds(word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _LONGEST_SETTLE:
        raise argparse.ArgumentTypeError(
            f'{word!r} is not a number of seconds from 0 to {_LONGEST_SETTLE:g}'
        )
    return seconds
