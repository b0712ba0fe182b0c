# SPDX-License-Identifier: Apache-2.0
"""What lies in a folder of logs, by the names of the files; main function: :func:`look`.

What the files hold is left to :mod:`nova_assist.ci.reading`, publishing them to
:mod:`nova_assist.ci.publishing`.
"""

from __future__ import annotations

import bz2
import contextlib
import dataclasses
import enum
import gzip
import io
import lzma
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from nova_assist.ci.errors import LogsError

#: What unpacks a file, by the end of its name.
_PACKERS = {'.gz': gzip, '.bz2': bz2, '.xz': lzma}


class Kind(str, enum.Enum):
    """What a file is; the values are for people."""

    SUBUNIT = 'results of tempest (subunit)'
    LISTED = 'names of the tests to run'
    CONSOLE = 'console of tempest'
    CINDER_CONF = 'cinder.conf'
    API = 'log of cinder-api'
    SCHEDULER = 'log of cinder-scheduler'
    VOLUME = 'log of cinder-volume'
    BACKUP = 'log of cinder-backup'
    RUN = 'report of nova-assist run'
    CONFORMANCE = 'report of nova-assist conformance'
    SHARE = 'files on the share'
    CONFIGURATION = 'configuration'
    OTHER = 'log'
    ARCHIVE = 'archive'
    PAGE = 'page'


def _service(names: str) -> str:
    # c-vol.log, screen-c-vol.txt, devstack@c-vol.service.log, cinder-volume.log
    return rf'(?:.*[-_.@])?(?:c|cinder)-(?:{names})(?:[-_.].*)?'


#: Names without compression and ".txt", in small letters; the first that fits tells.
_NAMES = (
    (Kind.ARCHIVE, r'.*\.(?:tar|tgz|tbz2?|txz|zip|7z|rar|zst)'),
    (Kind.PAGE, r'.*\.html?'),
    (Kind.SUBUNIT, r'.*\.subunit(?:\.v2)?|subunit'),
    (Kind.LISTED, r'(?:tempest-)?tests'),
    (Kind.CINDER_CONF, r'(?:.*[-_.])?cinder\.conf'),
    (Kind.RUN, r'report\.json'),
    (Kind.CONFORMANCE, r'conformance.*\.json'),
    (Kind.CONSOLE, r'(?:tempest[-_.])?console(?:\.log)?|job-output'),
    # Before the services, whose names it may have: cinder-api-uwsgi.ini.
    (
        Kind.CONFIGURATION,
        r'.*\.(?:conf|ini)|.*rc(?:\.auto)?|clouds\.yaml|accounts\.yaml|\.stackenv',
    ),
    (Kind.API, _service('api')),
    (Kind.SCHEDULER, _service('sch|scheduler')),
    (Kind.VOLUME, _service('vol|volume')),
    (Kind.BACKUP, _service('bak|backup')),
    (Kind.SHARE, r'share.*'),
)
_SHARE_FOLDER = 'share'


@dataclasses.dataclass(frozen=True)
class Log:
    """One file.

    :ivar name: its place below the folder.
    """

    path: Path
    name: str
    kind: Kind

    @property
    def is_configuration(self) -> bool:
        """Whether its lines are settings."""
        return self.kind in (Kind.CINDER_CONF, Kind.CONFIGURATION)

    @property
    def plain_name(self) -> str:
        """The name of the text in it, without the end that says that it is packed or text."""
        name = self.name
        for end in (*_PACKERS, '.txt'):
            name = name.removesuffix(end)
        return name or self.name

    @contextlib.contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Open it, unpacked.

        :raises LogsError: it can't be read or unpacked, also later.
        """
        opener: Any = _PACKERS.get(self.path.suffix, io)
        try:
            with opener.open(self.path, 'rb') as stream:
                yield stream
        except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
            raise LogsError(f"{self.path} can't be read: {error}; collect it anew") from error


def look(folder: Path, beside: Path) -> list[Log]:
    """Return the files of a folder, in order of their names, without empty ones.

    A command that could not do its work leaves its redirection behind, an empty file.

    :param beside: a folder that is no part of it, even if it is in it.
    :raises LogsError: there is no such folder, or it can't be listed.
    """
    if not folder.is_dir():
        raise LogsError(f'{folder} is no folder; give --logs the one with what was collected')
    root = folder.resolve()
    found = []
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if (Path(parent) / name).resolve() != beside]
        for name in names:
            path = Path(parent, name)
            # A link to nothing is nothing, and neither is a socket; one that leads out of the
            # folder may lead to what nobody wants to publish.
            within = path.resolve().is_relative_to(root)
            if within and path.is_file() and path.stat().st_size:
                place = path.relative_to(folder)
                found.append(Log(path, str(place), kind_of(place)))
    return sorted(found, key=lambda log: log.name)


def kind_of(place: Path) -> Kind:
    """Return what a file is, by its name."""
    name = Log(place, place.name.lower(), Kind.OTHER).plain_name
    for kind, pattern in _NAMES:
        if re.fullmatch(pattern, name):
            return kind
    return Kind.SHARE if place.parent.name == _SHARE_FOLDER else Kind.OTHER


def _refuse(error: OSError) -> None:
    raise LogsError(f"{error.filename} can't be listed: {error.strerror}") from error
