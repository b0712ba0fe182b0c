# SPDX-License-Identifier: Apache-2.0
"""What a cloud with separate accounts adds to judging: whose files should be, and more judges.

Main functions: :func:`expected_ownership` and :func:`judges`.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence

from nova_assist.accounts import Account, Accounts
from nova_assist.checks.access import RootJudge
from nova_assist.checks.errors import CompanionError
from nova_assist.checks.judging import Judge
from nova_assist.checks.opening import OpeningJudge
from nova_assist.checks.scene import Ownership
from nova_assist.checks.watch import WatchJudge
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.errors import ShareError
from nova_assist.cloud.shares import ShareView

#: What Cinder gives to files by ``nas_secure_file_permissions``; ``auto`` is true on a new
#: install, which every cloud of ours is.
_MODES = {'true': 0o660, 'auto': 0o660, 'false': 0o666}

_ROOT = Account('root', 0, 0)


def expected_ownership(
    share: ShareView, options: Mapping[str, str], accounts: Accounts | None = None
) -> Ownership:
    """Return whose the files of a share should be, with Cinder's mode.

    :param accounts: who runs what; if nobody in particular, then files should be as ours are.
        A share may have a group of its own (setgid), or make an owner of its own of root.
    """
    mode = _MODES.get(options.get('nas_secure_file_permissions', 'false').lower(), 0o666)
    if accounts:
        folder = os.stat(share.path)
        group = folder.st_gid if folder.st_mode & stat.S_ISGID else accounts.cinder.gid
        return Ownership(accounts.cinder.uid, group, mode)
    with tempfile.NamedTemporaryFile(dir=share.path) as probe:
        status = os.fstat(probe.fileno())
    return Ownership(status.st_uid, status.st_gid, mode)


@contextlib.contextmanager
def judges(cloud: Cloud, shares: Sequence[ShareView]) -> Iterator[Sequence[Judge]]:
    """Act as Cinder's account on shares, and have them watched and tried by the others.

    Without accounts there is nothing to add.

    :raises ShareError: a share can't be watched
    """
    accounts = cloud.accounts
    if accounts is None:
        yield ()
        return
    environment = cloud.child_environment()
    outsiders = {'the outsider': accounts.outsider}
    if cloud.root_squashed:
        outsiders['root'] = _ROOT
    with contextlib.ExitStack() as stack:
        stack.enter_context(accounts.cinder.files())
        try:
            watches = []
            for share in shares:
                ownership = expected_ownership(share, cloud.options, accounts)
                watch = WatchJudge(share.path, ownership, accounts.cinder, environment)
                watches.append(stack.enter_context(watch))
            opening = OpeningJudge(accounts.hypervisor, outsiders, environment)
            stack.enter_context(opening)
        except CompanionError as error:
            raise ShareError(f'{share.name} at {share.path} cannot be judged: {error}') from error
        root = [RootJudge(cloud.asked_for_root)] if cloud.does_without_root else []
        yield (*watches, opening, *root)
