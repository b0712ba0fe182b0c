# SPDX-License-Identifier: Apache-2.0
"""``nova-assist check --access``: what the driver finds when it looks at a share.

Main function: :func:`check`. The looking itself is the driver's own, so that an operator sees
what cinder-volume will say.
"""

from __future__ import annotations

import dataclasses
import json
import os
import textwrap
from pathlib import Path

from driver import access, exceptions, mounts, probe, verdict
from driver.advice import User
from nova_assist.cli.emitting import emit
from nova_assist.cli.errors import ExitCode
from nova_assist.cli.mounted import become, folder_of
from nova_assist.cli.share_arguments import CheckArguments
from nova_assist.cli.terminal import width

_LABEL = 9

_AS_ROOT = (
    "This is what root finds. Look as cinder-volume's account, --account NAME, which should not "
    'be root: QEMU can not open what belongs to root alone.'
)


@dataclasses.dataclass(frozen=True)
class _Result:
    """What was found of a share; ``root_squashed`` is ``None`` where only root could tell."""

    share: str
    folder: str
    account: str
    root_squashed: bool | None
    summary: str
    refusals: tuple[str, ...]
    advice: tuple[str, ...]


def check(arguments: CheckArguments) -> ExitCode:
    """Look at a share as the driver does at its start, and print what was found.

    :raises NoLookError: it isn't mounted, or the account can't be had.
    """
    folder = folder_of(arguments.share)
    squashed = _root_is_squashed(folder)
    if arguments.account is not None:
        become(arguments.account)
    found = _look(folder)
    if User.current().uid == 0:
        found = dataclasses.replace(found, advice=(*found.advice, _AS_ROOT))
    result = _Result(
        arguments.share,
        str(folder),
        User.current().name,
        squashed,
        found.summary,
        found.refusals,
        found.advice,
    )
    emit(_json(result) if arguments.form == 'json' else _table(result))
    return ExitCode.FAILED if found.refusals else ExitCode.PASSED


def _root_is_squashed(folder: Path) -> bool | None:
    # Only root can tell, and only a file server says no to root for this reason.
    if os.geteuid() != 0 or not mounts.mount_of(folder).is_nfs:
        return None
    try:
        return probe.root_is_squashed(folder)
    except exceptions.ShareError:
        return None  # the look that follows says what is wrong


def _look(folder: Path) -> verdict.Verdict:
    try:
        sight = probe.look(folder, access.FileMaker(access.SECURE_MODE))
    except exceptions.ShareError as error:
        return verdict.Verdict('it can not be used', (str(error),))
    return verdict.judge(sight, snapshots=True)


def _json(result: _Result) -> str:
    return json.dumps(dataclasses.asdict(result), indent=2) + '\n'


def _table(result: _Result) -> str:
    root = {None: 'not told: no NFS, or you are not root', True: 'squashed', False: 'trusted'}
    rows = [
        ('share', f'{result.share} at {result.folder}'),
        ('looked', f'as {result.account}, at files of mode {access.SECURE_MODE:04o}'),
        ('root', root[result.root_squashed]),
        ('found', result.summary),
        *(('refused', reason) for reason in result.refusals),
        *(('change', line) for line in result.advice),
    ]
    return ''.join(_row(label, words, width()) for label, words in rows)


def _row(label: str, words: str, columns: int) -> str:
    """Return a row of the table; paths and options stay whole."""
    lines = textwrap.wrap(words, columns - _LABEL, break_long_words=False, break_on_hyphens=False)
    labels = [label, *[''] * len(lines)]
    return ''.join(f'{head:<{_LABEL}}{line}\n' for head, line in zip(labels, lines, strict=False))
