# SPDX-License-Identifier: Apache-2.0
"""What scenarios ask of Cinder and compute over REST, with answers as values.

Main class: :class:`Api`. Requests go through python-cinderclient and python-novaclient. What only
the embedded compute service tells is left to :mod:`nova_assist.scenarios.embedded_api`, waiting
for an operation's end to the callers.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from cinderclient import exceptions as cinder_errors
from keystoneauth1 import exceptions as session_errors
from novaclient import exceptions as nova_errors

from nova_assist.checks.scene import Attachment
from nova_assist.scenarios.errors import NoAnswer, StepFailed
from nova_assist.scenarios.image_service import ImageService

#: What Nova takes a file for whose connection info doesn't tell.
_FORMAT = 'raw'

#: What a host says of itself when it attaches a volume.
_CONNECTOR = {
    'host': 'nova-assist-host',
    'ip': '127.0.0.1',
    'platform': 'x86_64',
    'os_type': 'linux',
    'multipath': False,
    'do_local_attach': False,
}

_NAME_ID = 'os-vol-mig-status-attr:name_id'
_HOST = 'os-vol-host-attr:host'


@dataclasses.dataclass(frozen=True)
class Connection:
    """A host's attachment of a volume, and the file it is to open.

    ``export`` and ``file`` are ``None`` for connection info that names none.
    """

    attachment: str
    export: str | None
    file: str | None
    format: str


@dataclasses.dataclass(frozen=True)
class Room:
    """What Cinder's scheduler knows of a backend's room, in GiB."""

    total: float
    free: float
    promised: float

    def __str__(self) -> str:
        return f'{self.total:.1f} GiB, {self.free:.1f} free, {self.promised:.1f} promised'


class Api:
    """The three services, as an administrator of one project."""

    def __init__(self, cinder: Any, nova: Any, images: ImageService) -> None:
        """Take two clients and the image service."""
        self.cinder = cinder
        self.nova = nova
        self.images = images

    def volume_status(self, volume_id: str) -> str | None:
        """Return the volume's status, or ``None`` if there is no such volume."""
        try:
            return str(self.cinder.volumes.get(volume_id).status)
        except cinder_errors.NotFound:
            return None

    def name_id(self, volume_id: str) -> str:
        """Return the id that a volume's files bear, "" if it is its own."""
        return getattr(self.cinder.volumes.get(volume_id), _NAME_ID, None) or ''

    def host(self, volume_id: str) -> str:
        """Return the pool that a volume is in, such as ``node@nfs#nfs``."""
        return str(getattr(self.cinder.volumes.get(volume_id), _HOST))

    def is_of_type(self, volume_id: str, volume_type: str) -> bool:
        """Tell whether a volume is of a type, which is given by its name or id."""
        name = self.cinder.volumes.get(volume_id).volume_type
        types = {each.name: each.id for each in self.cinder.volume_types.list()}
        return volume_type in (name, types.get(name))

    def server_status(self, server_id: str) -> str | None:
        """Return the server's status, "changing" during a task, or ``None`` if there is none."""
        try:
            found = self.nova.servers.get(server_id)
        except nova_errors.NotFound:
            return None
        changing = getattr(found, 'OS-EXT-STS:task_state', None) is not None
        return 'changing' if changing else str(found.status)

    def snapshot_status(self, snapshot_id: str) -> str | None:
        """Return the snapshot's status, or ``None`` if there is no such snapshot."""
        try:
            return str(self.cinder.volume_snapshots.get(snapshot_id).status)
        except cinder_errors.NotFound:
            return None

    def snapshots(self) -> dict[str, dict[str, str]]:
        """Return the status of each snapshot, by volume id and snapshot id."""
        found: dict[str, dict[str, str]] = {}
        for snapshot in self.cinder.volume_snapshots.list(detailed=False):
            found.setdefault(snapshot.volume_id, {})[snapshot.id] = snapshot.status
        return found

    def attachments(self) -> dict[str, list[Attachment]]:
        """Return the attachments, by volume id, but for those that are only reserved so far."""
        found: dict[str, list[Attachment]] = {}
        for attachment in self.cinder.attachments.list(detailed=True):
            if attachment.status == 'reserved':
                continue
            told = _told(attachment.id, attachment.connection_info)
            known = Attachment(told.attachment, told.file, told.format)
            found.setdefault(attachment.volume_id, []).append(known)
        return found

    def connect_host(self, volume_id: str) -> Connection:
        """Attach the volume to a host that is no server, as backup or a bare-metal host would."""
        found = self.cinder.attachments.create(volume_id, _CONNECTOR, mode='rw')
        self.cinder.attachments.complete(found['id'])
        return _told(found['id'], found.get('connection_info'))

    def backends(self) -> set[str]:
        """Return the names of the backends that Cinder's scheduler can use."""
        return {_backend(pool) for pool in self.cinder.pools.list()}

    def room(self, backend: str) -> Room:
        """Return what the scheduler was told last of a backend's pools, all together."""
        pools = [
            pool for pool in self.cinder.pools.list(detailed=True) if _backend(pool) == backend
        ]
        total, free, promised = (
            sum(float(getattr(pool, f'{name}_capacity_gb', 0)) for pool in pools)
            for name in ('total', 'free', 'provisioned')
        )
        return Room(total, free, promised)

    def extends_attached(self, backend: str) -> bool | None:
        """Return whether a backend's driver says that it does, None if it doesn't say."""
        pools = self.cinder.pools.list(detailed=True)
        said = [
            getattr(pool, 'online_extend_support', None)
            for pool in pools
            if _backend(pool) == backend
        ]
        return next((bool(each) for each in said if each is not None), None)


def _backend(pool: Any) -> str:
    return str(pool.name).partition('@')[2].partition('#')[0]


def _told(attachment: str, info: Mapping[str, Any] | None) -> Connection:
    """Return what connection info says; what a driver left out is missing, and no crash."""
    known = info or {}
    return Connection(
        attachment, known.get('export'), known.get('name'), known.get('format', _FORMAT)
    )


@contextlib.contextmanager
def refusals(request: str) -> Iterator[None]:
    """Turn an HTTP error to ``request`` into a failed step.

    :raises StepFailed: if a service refuses
    :raises NoAnswer: if a service can't be reached
    """
    try:
        yield
    except (cinder_errors.ClientException, nova_errors.ClientException) as error:
        raise StepFailed(
            f'{request} was refused: {error}', 'an accepted request', str(error)
        ) from error
    except session_errors.HttpError as error:
        raise StepFailed(
            f'{request} was refused: {error}', 'an accepted request', str(error)
        ) from error
    except session_errors.ClientException as error:
        raise NoAnswer(f'{request} found no service: {error}', 'an answer', str(error)) from error
