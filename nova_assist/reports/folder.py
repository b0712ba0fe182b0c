# SPDX-License-Identifier: Apache-2.0
"""The folder that a run leaves behind: ``report.json``, ``junit.xml``, ``report.html``, ``logs/``.

Main class: :class:`ReportFolder`. Each file is replaced whole or not at all, so that a reader
never sees half a report.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from nova_assist.reports import html, json_form, junit
from nova_assist.reports.errors import FolderError, UnreadableError
from nova_assist.reports.model import RunReport

JSON_NAME = 'report.json'
_FORMS = {JSON_NAME: json_form.render, 'junit.xml': junit.render, 'report.html': html.render}
_LOGS = 'logs'
_LOG_PATTERN = '*.log'


@dataclasses.dataclass(frozen=True)
class ReportFolder:
    """The files of one report, in ``path``."""

    path: Path

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Make the folder, and keep other runs out of it: theirs would replace our report.

        :raises FolderError: it can't be made, or another run writes its report there.
        """
        with explained('prepare', self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _lock(handle, self.path)
            yield
        finally:
            os.close(handle)

    def prepare(self) -> None:
        """Make the folder, see that it can be written, and remove an earlier run's report.

        What is there after a run that could not start must not be taken for its result.

        :raises FolderError: the folder can't be made or written.
        """
        with explained('prepare', self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            self._remove_logs()
            for name in _FORMS:
                replace(self.path / name, '')
                (self.path / name).unlink()

    def write(self, report: RunReport) -> None:
        """Write ``report`` in every form.

        :raises FolderError: a file can't be written.
        """
        with explained('write the report to', self.path):
            for name, render in _FORMS.items():
                replace(self.path / name, render(report))

    def keep_logs(self, source: Path) -> dict[str, str]:
        """Copy every ``*.log`` under ``source`` to ``logs/``.

        :returns: name of a log, relative to ``source`` -> its place, relative to this folder.
        :raises FolderError: a log can't be copied.
        """
        places = {}
        with explained('copy the logs to', self.path / _LOGS):
            for log in sorted(source.rglob(_LOG_PATTERN)):
                name = log.relative_to(source)
                place = f'{_LOGS}/{"-".join(name.parts)}'
                (self.path / _LOGS).mkdir(exist_ok=True)
                shutil.copyfile(log, self.path / place)
                places[str(name)] = place
        return places

    def read(self) -> RunReport:
        """Read ``report.json`` back.

        :raises UnreadableError: it is missing, damaged, or not a report.
        """
        file = self.path / JSON_NAME
        try:
            text = file.read_text(encoding='utf-8')
        except FileNotFoundError as error:
            raise UnreadableError(
                f'{self.path} holds no {JSON_NAME}: name the folder that '
                f'"nova-assist run --report" wrote'
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableError(f"{file} can't be read: {error}") from error
        return json_form.parse(text, str(file))

    def _remove_logs(self) -> None:
        """Remove the logs of an earlier report, and nothing else that lies beside them."""
        try:
            places = self.read().logs.values()
        except UnreadableError:
            return
        for place in places:
            (self.path / _LOGS / Path(place).name).unlink(missing_ok=True)


def _lock(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise FolderError(
            f"can't use {path}: another run writes its report there; wait for its end, or name "
            'another folder with --report'
        ) from error


@contextlib.contextmanager
def explained(what: str, path: Path) -> Iterator[None]:
    """Tell what could not be done to a file of a report or to its folder.

    :raises FolderError: instead of an operating system's error
    """
    try:
        yield
    except OSError as error:
        raise FolderError(
            f"can't {what} {path}: {error}; name another folder with --report"
        ) from error


def replace(file: Path, text: str) -> None:
    """Replace ``file`` atomically; its mode follows the umask, so that CI can collect it."""
    temporary = file.with_name(f'.{file.name}.{os.getpid()}.tmp')
    try:
        with temporary.open('x', encoding='utf-8') as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
