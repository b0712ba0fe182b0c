# SPDX-License-Identifier: Apache-2.0
"""Servers on disk: one JSON file each, replaced atomically.

Main class: :class:`ServerStore`. It also keeps them in memory, so that all others share one
object for each server. The files outlive a killed process; nothing is flushed against a power
cut, which no embedded cloud outlives. What the fields mean is left to
:mod:`nova_assist.compute.model`.
"""

from __future__ import annotations

import json
import os
import pathlib

from nova_assist.compute import errors, model


class ServerStore:
    """The servers of this compute service.

    :param folder: where their files are; made if it isn't there.
    :raises StateError: a file there can't be read as a server.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._servers = {server.id: server for server in map(_load, folder.glob('*.json'))}

    def all(self) -> list[model.Server]:
        """Return all servers, oldest first."""
        return sorted(self._servers.values(), key=lambda server: (server.created, server.id))

    def get(self, server_id: str) -> model.Server | None:
        """Return one server, or ``None``."""
        return self._servers.get(server_id)

    def holders(self, volume_id: str) -> list[model.Server]:
        """Return the servers that a volume is attached to."""
        return [server for server in self.all() if server.attachment(volume_id)]

    def add(self, server: model.Server) -> None:
        """Take up a new server."""
        self._servers[server.id] = server
        self.save(server)

    def save(self, server: model.Server) -> None:
        """Write a server's file; one that was deleted meanwhile isn't brought back."""
        if self._servers.get(server.id) is server:
            server.updated = model.now()
            self._write(server)

    def delete(self, server: model.Server) -> None:
        """Forget a server."""
        self._servers.pop(server.id, None)
        self._path(server).unlink(missing_ok=True)

    def _path(self, server: model.Server) -> pathlib.Path:
        return self._folder / f'{server.id}.json'

    def _write(self, server: model.Server) -> None:
        temporary = self._folder / f'{server.id}.new'
        temporary.write_text(json.dumps(server.to_dict(), indent=1), encoding='utf-8')
        os.replace(temporary, self._path(server))


def _load(path: pathlib.Path) -> model.Server:
    try:
        return model.Server.from_dict(json.loads(path.read_text(encoding='utf-8')))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise errors.StateError(
            f'{path} is not the record of a server ({error!r}): move it away to start without it'
        ) from error
