# SPDX-License-Identifier: Apache-2.0
"""Files with passwords in them; main function: :func:`write`."""

from __future__ import annotations

import os
from pathlib import Path

from nova_assist.accounts import Account


def write(path: Path, text: str, account: Account | None = None) -> None:
    """Put a text in a file that nobody else can read, at any moment.

    :param account: whose file it is to be, if not ours.
    """
    new = path.with_name(f'{path.name}.new')
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'w') as file:
        file.write(text)
    if account:
        os.chown(new, account.uid, account.gid)
    os.replace(new, path)
