# SPDX-License-Identifier: Apache-2.0
"""Servers and their attached volumes as values, and how they are written as JSON.

Main class: :class:`Server`. Keeping them on disk is left to :mod:`nova_assist.compute.store`,
changing them to :mod:`nova_assist.compute.servers` and its neighbours.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping
from typing import Any


class VmState(str, enum.Enum):
    """What the user last asked a server to be (Nova's ``vm_states``)."""

    BUILDING = 'building'
    ACTIVE = 'active'
    STOPPED = 'stopped'
    PAUSED = 'paused'
    SHELVED_OFFLOADED = 'shelved_offloaded'
    ERROR = 'error'


class TaskState(str, enum.Enum):
    """What is being done to a server right now (Nova's ``task_states``)."""

    SPAWNING = 'spawning'
    POWERING_ON = 'powering-on'
    POWERING_OFF = 'powering-off'
    REBOOTING = 'rebooting'
    REBOOTING_HARD = 'rebooting_hard'
    PAUSING = 'pausing'
    UNPAUSING = 'unpausing'
    SHELVING = 'shelving'
    UNSHELVING = 'unshelving'
    MIGRATING = 'migrating'
    DELETING = 'deleting'


class PowerState(int, enum.Enum):
    """What the hypervisor says of a server (Nova's ``power_state``)."""

    NOSTATE = 0
    RUNNING = 1
    PAUSED = 3
    SHUTDOWN = 4


class ImageFormat(str, enum.Enum):
    """The formats that a volume file can have; a LUKS one is raw to Cinder."""

    RAW = 'raw'
    QCOW2 = 'qcow2'
    LUKS = 'luks'


@dataclasses.dataclass(frozen=True)
class DiskSource:
    """The file a disk is opened from, as the hypervisor's own definition of the guest has it.

    ``passphrase`` opens a LUKS one.
    """

    path: str
    format: ImageFormat
    passphrase: str | None = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class ConnectionInfo:
    """Where a volume is, as Cinder told it.

    ``export`` is the share, ``name`` the active file on it; ``encrypted`` tells that it takes a
    key.
    """

    driver_volume_type: str
    export: str
    name: str
    format: ImageFormat
    options: str | None = None
    encrypted: bool = False


@dataclasses.dataclass
class Attachment:
    """One volume attached to a server (Nova's block device mapping).

    ``connection`` is ``None`` until the volume is connected. ``source`` is what the guest's
    definition says, which runs ahead of ``connection`` from a snapshot until the next refresh.
    ``passphrase`` is what the guest's disk was opened with last.
    """

    volume_id: str
    attachment_id: str
    bdm_id: str
    device: str
    tag: str | None = None
    delete_on_termination: bool = False
    connection: ConnectionInfo | None = None
    source: DiskSource | None = None
    passphrase: str | None = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class Fault:
    """Why a server is in error."""

    message: str
    created: str
    code: int = 500


@dataclasses.dataclass
class ActionEvent:
    """A part of an action, under way until it has a *finish_time*."""

    name: str
    start_time: str
    finish_time: str | None = None
    result: str | None = None


@dataclasses.dataclass
class Action:
    """What a request has done to a server; *message* tells that it failed."""

    name: str
    request_id: str
    user_id: str
    project_id: str
    start_time: str
    updated_at: str
    message: str | None = None
    events: list[ActionEvent] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Server:
    """A server and the volumes attached to it.

    ``image_id`` is empty where it boots a volume, and ``root_image_id`` is the image that the
    volume was made of.
    """

    id: str
    name: str
    project_id: str
    user_id: str
    flavor_id: str
    image_id: str
    created: str
    updated: str
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    vm_state: VmState = VmState.BUILDING
    task_state: TaskState | None = None
    power_state: PowerState = PowerState.NOSTATE
    launched_at: str | None = None
    fault: Fault | None = None
    attachments: list[Attachment] = dataclasses.field(default_factory=list)
    root_image_id: str = ''
    key_name: str | None = None
    actions: list[Action] = dataclasses.field(default_factory=list)

    def attachment(self, volume_id: str) -> Attachment | None:
        """Return the attachment of a volume, or ``None``."""
        return next((a for a in self.attachments if a.volume_id == volume_id), None)

    def connected(self) -> list[Attachment]:
        """Return the attachments that have a connection, in the order they were made."""
        return [a for a in self.attachments if a.connection is not None]

    def to_dict(self) -> dict[str, Any]:
        """Return the server as plain data, as its file has it: without any passphrase."""
        data = dataclasses.asdict(self)
        for attachment in data['attachments']:
            for holder in filter(None, (attachment, attachment['source'])):
                del holder['passphrase']
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Server:
        """Build a server from plain data.

        :raises KeyError, TypeError, ValueError: the data isn't a server's.
        """
        task, fault = data['task_state'], data['fault']
        return cls(
            **{
                **data,
                'vm_state': VmState(data['vm_state']),
                'task_state': None if task is None else TaskState(task),
                'power_state': PowerState(data['power_state']),
                'fault': None if fault is None else Fault(**fault),
                'attachments': [_attachment(each) for each in data['attachments']],
                'actions': [_action(each) for each in data.get('actions', ())],
            }
        )


def now() -> str:
    """Return the time in the form of Nova's answers, UTC, in whole seconds."""
    return datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def _action(data: Mapping[str, Any]) -> Action:
    return Action(**{**data, 'events': [ActionEvent(**each) for each in data['events']]})


def _attachment(data: Mapping[str, Any]) -> Attachment:
    connection, source = data['connection'], data['source']
    return Attachment(
        **{
            **data,
            'connection': connection
            and ConnectionInfo(**{**connection, 'format': ImageFormat(connection['format'])}),
            'source': source and DiskSource(**{**source, 'format': ImageFormat(source['format'])}),
        }
    )
