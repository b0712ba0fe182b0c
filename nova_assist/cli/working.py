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
    """The folder at ``path``, removed at the end unless ``keep`` was set until then."""

    path: Path
    keep: bool


@contextlib.contextmanager
def working_folder(
    keep: bool, tell: Callable[[str], None], wanted: Path | None = None
) -> Iterator[WorkingFolder]:
    """Make a working folder, and remove it whole or tell where it is kept.

    :param wanted: the folder, which may be there; by default a new one.
    :raises WorkingFolderError: it can't be made.
    """
    path = _given(wanted) if wanted else _new()
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


def _new() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix='nova-assist-')).resolve()
    except OSError as error:
        raise WorkingFolderError(
            f"can't make a folder for the cloud's files: {error}; set TMPDIR to a writable folder"
        ) from error


def _given(wanted: Path) -> Path:
    try:
        wanted.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkingFolderError(
            f"can't keep the cloud's files in {wanted}: {error}; name another folder"
        ) from error
    return wanted.resolve()
