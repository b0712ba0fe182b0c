# SPDX-License-Identifier: Apache-2.0
"""``python -m nova_assist.checks.watch_process SHARE UID GID MODE``: looks at whose files are.

Main class: :class:`Watch`. At every event of a volume's file it looks at owner, group and mode,
and remembers what isn't as expected. A line on standard input asks for what it has seen since the
last one; all that happened before the question is in the answer. The side of who asks is
:mod:`nova_assist.checks.watch`.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import select
import stat
import struct
import sys
from collections.abc import Sequence
from typing import Any

from inotify_simple import INotify, flags

#: A volume's file, record, overlay, or any of these under a name that it has for a while.
#: ``.nfs`` and digits is what the NFS client makes of a file that was removed while open.
_VOLUME = re.compile(r'volume-[0-9a-f]{8}-')

#: Writing isn't among them: it changes neither owner nor mode, and guests write all the time.
_EVENTS = (
    flags.CREATE
    | flags.ATTRIB
    | flags.MOVED_TO
    | flags.OPEN
    | flags.CLOSE_WRITE
    | flags.CLOSE_NOWRITE
)
#: Ends a watch: the folder was removed, or the share unmounted.
_END = flags.UNMOUNT | flags.IGNORED

Seen = tuple[str, int, int, int]


class Watch:
    """What was seen of one share."""

    def __init__(self, share: str, expected: tuple[int, int, int]) -> None:
        """Begin to watch; ``expected`` is owner, group and mode.

        :raises OSError: the share can't be watched
        """
        self._expected = expected
        self._overflow = False
        self._ended = False
        self._seen: dict[Seen, str] = {}
        self._attributes = _Attributes(share)
        self.events = INotify(nonblocking=True)
        self.events.add_watch(share, _EVENTS | flags.ONLYDIR)

    def look(self) -> None:
        """Look at the files of all events that are waiting."""
        for event in self.events.read(0):
            self._overflow |= bool(event.mask & flags.Q_OVERFLOW)
            self._ended |= bool(event.mask & _END)
            if _VOLUME.search(event.name) and not event.mask & flags.ISDIR:
                self._judge(event.name, event.mask)

    def _judge(self, name: str, mask: int) -> None:
        found = self._attributes.of(name)
        if found is not None and found != self._expected:
            self._seen.setdefault((name, *found), flags.from_mask(mask)[0].name)

    def report(self) -> dict[str, Any]:
        """Return what was seen since the last report, and why something may have been missed."""
        lost = 'there were more events than the kernel keeps' if self._overflow else ''
        answer = {
            'seen': [[*seen, event] for seen, event in self._seen.items()],
            'lost': 'the share or its folder is gone' if self._ended else lost,
        }
        self._seen.clear()
        self._overflow = False
        return answer


class _Attributes:
    """Owner, group and mode of files, as the kernel of this machine knows them right now.

    An ordinary stat(2) may ask the server, and the mode may change meanwhile; of a file that
    somebody is writing it also sends all the data first. statx(2) can do without either, and
    Python's library has no call for it.
    """

    _DONT_SYNC = 0x4000
    _NO_FOLLOW = 0x100
    _WANTED = 0x2 | 0x8 | 0x10  # STATX_MODE, STATX_UID, STATX_GID
    _FIELDS = struct.Struct('=20xIIH226x')  # of struct statx: uid, gid, mode

    def __init__(self, folder: str) -> None:
        self._statx = ctypes.CDLL(None, use_errno=True).statx
        self._folder = folder  # not open, for that would keep it from being unmounted
        self._buffer = ctypes.create_string_buffer(256)

    def of(self, name: str) -> tuple[int, int, int] | None:
        """Return a file's owner, group and mode; ``None`` if it isn't there any more."""
        how = self._DONT_SYNC | self._NO_FOLLOW
        path = os.fsencode(os.path.join(self._folder, name))
        if self._statx(-1, path, how, self._WANTED, self._buffer):
            return None
        uid, gid, mode = self._FIELDS.unpack(self._buffer.raw)
        return uid, gid, stat.S_IMODE(mode)


def main(arguments: Sequence[str]) -> None:
    """Watch and answer until there are no more questions."""
    share, uid, gid, mode = arguments
    watch = Watch(share, (int(uid), int(gid), int(mode, 8)))
    poll = select.poll()
    for file in (watch.events.fileno(), sys.stdin.fileno()):
        poll.register(file, select.POLLIN)
    while True:
        ready = dict(poll.poll())
        watch.look()
        if sys.stdin.fileno() in ready:
            if not os.read(sys.stdin.fileno(), 4096):
                return
            watch.look()  # what happened between the first look and the question
            sys.stdout.write(json.dumps(watch.report()) + '\n')
            sys.stdout.flush()


if __name__ == '__main__':
    main(sys.argv[1:])
