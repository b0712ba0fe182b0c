# SPDX-License-Identifier: Apache-2.0
"""When what happened in the processes of a cloud, noted there and read by the bench.

Main classes: :class:`Moment`; :class:`Notes`, a process's end; and :class:`Watch`, the bench's.
All times are those of ``time.monotonic()``, which the processes of a machine have in common.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nova_assist.bench.errors import BenchError

#: The environment variable that names the file, for a process that is to note something.
VARIABLE = 'NOVA_ASSIST_MOMENTS'

#: How often the bench looks for what has to be noted, in seconds.
_LOOK_SECONDS = 0.002


@dataclasses.dataclass(frozen=True)
class Moment:
    """Something that happened.

    :ivar what: such as ``create_snapshot ended``
    :ivar subject: the id of the volume or snapshot, '' if it isn't about one
    :ivar at: seconds on the monotonic clock
    :ivar details: further figures
    """

    what: str
    subject: str
    at: float
    details: Mapping[str, Any]


class Notes:
    """Appends moments to a file, each in one piece, whoever else does.

    :ivar path: the file
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    @classmethod
    def named(cls) -> Notes | None:
        """Return those that this process's environment names, if it names any."""
        path = os.environ.get(VARIABLE)
        return None if path is None else cls(Path(path))

    def note(self, what: str, subject: str = '', **details: object) -> None:
        """Note that something happens now."""
        moment = {'what': what, 'subject': subject, 'at': time.monotonic(), 'details': details}
        os.write(self._file, json.dumps(moment).encode('ascii') + b'\n')


class Watch:
    """Reads what is noted.

    :ivar path: the file; made if it isn't there
    """

    def __init__(self, path: Path) -> None:
        path.touch()
        self.path = path
        self._read = 0
        self._seen: list[Moment] = []

    def forget(self) -> None:
        """Pass over all that has been noted until now."""
        self._look()
        self._seen.clear()

    def seen(self) -> list[Moment]:
        """Return what has been noted since :meth:`forget`, in the order of time."""
        self._look()
        return sorted(self._seen, key=lambda moment: moment.at)

    def until(
        self, what: str, subject: str, seconds: float, check: Callable[[], None] = lambda: None
    ) -> Moment:
        """Return the first such moment since :meth:`forget`; wait for it.

        :param seconds: how long to wait
        :param check: called while waiting; raises if it won't come any more
        :raises BenchError: it doesn't come
        """
        deadline = time.monotonic() + seconds
        while True:
            for moment in self.seen():
                if moment.what == what and moment.subject == subject:
                    return moment
            if time.monotonic() > deadline:
                raise BenchError(f'"{what}" was not seen of {subject} within {seconds:.0f} s')
            check()
            time.sleep(_LOOK_SECONDS)

    def _look(self) -> None:
        with self.path.open('rb') as file:
            file.seek(self._read)
            whole, newline, _ = file.read().rpartition(b'\n')
        self._read += len(whole) + len(newline)
        self._seen += [Moment(**json.loads(line)) for line in whole.splitlines()]
