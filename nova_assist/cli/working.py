# SPDX-License-Identifier: Apache-2.0
"""The folder in which a cloud keeps its configuration, database, share and logs.

Main class: :class:`WorkingFolder`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from nova_assist.cli.errors import WorkingFolderError
from nova_assist.cli.signals import deferred
from nova_assist.cloud.removal import remove


@dataclasses.dataclass
class WorkingFolder:
    """A new folder at ``path``, removed at the end unless ``keep`` was set until then."""

    path: Path
    keep: bool


@contextlib.contextmanager
def working_folder(keep: bool, tell: Callable[[str], None]) -> Iterator[WorkingFolder]:
    """Make a working folder, and remove it whole or tell where it is kept.

    :raises WorkingFolderError: it can't be made.
    """
    try:
        path = Path(tempfile.mkdtemp(prefix='nova-assist-')).resolve()
    except OSError as error:
        raise WorkingFolderError(
            f"can't make a folder for the cloud's files: {error}; set TMPDIR to a writable folder"
        ) from error
    folder = WorkingFolder(path, keep)
    try:
        yield folder
    finally:
        if folder.keep:
            tell(f"kept the cloud's folder {path}")
        else:
            with deferred():
                for complaint in remove(path):
                    tell(complaint)
