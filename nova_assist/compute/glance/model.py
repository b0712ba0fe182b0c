# SPDX-License-Identifier: Apache-2.0
"""Images as values, and how they are written as JSON.

Main class: :class:`Image`. The states and defaults are those of Glance's Images API v2. Keeping
them on disk is left to :mod:`nova_assist.compute.glance.store`.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any


class Visibility(str, enum.Enum):
    """Who sees an image beside its project."""

    PUBLIC = 'public'
    COMMUNITY = 'community'
    SHARED = 'shared'
    PRIVATE = 'private'


class Status(str, enum.Enum):
    """How far an image's data has come."""

    QUEUED = 'queued'
    SAVING = 'saving'
    ACTIVE = 'active'


class MemberStatus(str, enum.Enum):
    """What a project that an image is shared with makes of it."""

    PENDING = 'pending'
    ACCEPTED = 'accepted'
    REJECTED = 'rejected'


@dataclasses.dataclass(frozen=True)
class Content:
    """What is known of an image's data.

    :ivar size: bytes
    :ivar virtual_size: bytes that a disk made of it has, None if that can't be told
    :ivar checksum: its MD5
    :ivar hash_value: its SHA-512
    """

    size: int
    virtual_size: int | None
    checksum: str
    hash_value: str


@dataclasses.dataclass(frozen=True)
class Member:
    """A project that an image is shared with."""

    status: MemberStatus
    created: str
    updated: str


@dataclasses.dataclass(frozen=True)
class Image:
    """An image.

    :ivar owner: its project, None if it is nobody's
    :ivar min_disk: GiB
    :ivar min_ram: MiB
    :ivar hidden: whether it is left out of lists
    :ivar properties: what clients have added to it
    :ivar members: by project
    :ivar content: None until it has data
    """

    id: str
    owner: str | None
    created: str
    updated: str
    name: str | None = None
    status: Status = Status.QUEUED
    visibility: Visibility = Visibility.SHARED
    protected: bool = False
    disk_format: str | None = None
    container_format: str | None = None
    min_disk: int = 0
    min_ram: int = 0
    hidden: bool = False
    tags: tuple[str, ...] = ()
    properties: Mapping[str, str] = dataclasses.field(default_factory=dict)
    members: Mapping[str, Member] = dataclasses.field(default_factory=dict)
    content: Content | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Image:
        """Return what :meth:`to_dict` has made.

        :raises KeyError, TypeError, ValueError: it is no such thing
        """
        members = {
            project: Member(**{**member, 'status': MemberStatus(member['status'])})
            for project, member in found['members'].items()
        }
        content = found['content']
        read = {
            'status': Status(found['status']),
            'visibility': Visibility(found['visibility']),
            'tags': tuple(found['tags']),
            'members': members,
            'content': None if content is None else Content(**content),
        }
        return cls(**{**found, **read})
