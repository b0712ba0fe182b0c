# SPDX-License-Identifier: Apache-2.0
"""A cloud with two Cinders in one cluster, active/active; main class: :class:`ClusteredCloud`.

Each is a whole one, with an API, a scheduler and volume services of its own, for messages don't
leave a process: whoever asks an API decides which of the two does the work. Database, shares and
locks they have in common; locks are files, or in an etcd. The compute service calls back the first
one's API, so it is the second that can die while the cloud goes on.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import enum
import functools
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nova_assist.cloud import clients, host, services
from nova_assist.cloud.clients import Endpoints
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.etcd import Etcd
from nova_assist.cloud.service import Service
from nova_assist.cloud.settings import (
    DATABASE_FILE,
    LOCKS_FOLDER,
    CinderSettings,
    Member,
)

#: The cluster of both, and the names of their hosts.
CLUSTER = 'nova-assist-cluster'
FIRST = 'first'
SECOND = 'second'


class Heartbeat(enum.Enum):
    """When Cinder is to have heard of a service last, from now on."""

    LONG_AGO = datetime.timedelta(days=-1000)
    LATELY = datetime.timedelta(days=1000)


@dataclasses.dataclass(frozen=True)
class Peer:
    """The second Cinder.

    :ivar host: its name, which its services have before the ``@`` of theirs.
    :ivar service: its process.
    :ivar endpoints: for clients that want it to do the work.
    :ivar log: what it prints.
    """

    host: str
    service: Service
    endpoints: Endpoints
    log: Path


class ClusteredCloud(Cloud):
    """A cloud whose Cinder is the first of two; without a Keystone.

    Services send no heartbeats, see :mod:`nova_assist.cloud.cinder_conf`: :meth:`declare` tells
    Cinder that one is up or down.

    :param lease: have an etcd keep the locks, for so many seconds after the last word of whoever
        holds one; without, they are files.
    :param how: what else a cloud is made with.
    """

    def __init__(self, folder: Path, *, lease: int | None = None, **how: Any) -> None:
        self._lease = lease
        super().__init__(folder, **how)

    @contextlib.contextmanager
    def peer(
        self, *, locks: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Iterator[Peer]:
        """Run a second Cinder for the length of the block; the cloud has to run already.

        :param locks: the folder of its file locks; by default both have theirs in common.
        :param environment: further environment variables for it.
        :raises ServiceError: it doesn't start.
        """
        made = self._peer(locks, environment or {})
        try:
            made.service.start()
            yield made
        finally:
            made.service.stop()

    @functools.cached_property
    def etcd(self) -> Etcd | None:
        """What keeps the locks, if they are no files."""
        if self._lease is None:
            return None
        log = self.folder / 'log' / 'etcd.log'
        return Etcd(self.folder / 'etcd', self._lease, log, self.child_environment())

    @property
    def locks(self) -> Path:
        """The folder of the file locks that both have in common."""
        return self._settings.locks

    def declare(self, host_name: str, heartbeat: Heartbeat) -> None:
        """Have Cinder take the volume services of a host for up, or for down.

        To its database a service is up for some time after it was first heard of, too.
        """
        last = datetime.datetime.now(datetime.timezone.utc) + heartbeat.value
        database = contextlib.closing(sqlite3.connect(self._settings.database, timeout=60))
        with database as connection, connection:
            connection.execute(
                'UPDATE services SET updated_at = :last, created_at = :last WHERE host LIKE :host',
                {'last': f'{last:%Y-%m-%d %H:%M:%S.%f}', 'host': f'{host_name}@%'},
            )

    @property
    def _stages(self) -> tuple[tuple[Service, ...], ...]:
        return (*([(self.etcd,)] if self.etcd else []), *super()._stages)

    @property
    def _lock_url(self) -> str | None:
        return self.etcd.backend_url if self.etcd else None

    def _cinder_settings(
        self, options: Mapping[str, str], passages: Mapping[str, int]
    ) -> CinderSettings:
        settings = super()._cinder_settings(options, passages)
        folder = settings.folder
        paths = folder / DATABASE_FILE, folder / LOCKS_FOLDER
        member = Member(FIRST, CLUSTER, *paths, self._lock_url)
        return dataclasses.replace(settings, member=member)

    def _peer(self, locks: Path | None, environment: Mapping[str, str]) -> Peer:
        first = self._settings
        lock_url = None if locks else self._lock_url
        member = Member(SECOND, CLUSTER, first.database, locks or first.locks, lock_url)
        settings = dataclasses.replace(
            first,
            folder=self.folder / 'peer',
            port=host.choose_ports({'peer': 0})['peer'],
            member=member,
        )
        file = self._premises.add(settings)
        log = self._premises.logs / 'peer.log'
        service = services.cinder(
            settings,
            file,
            log,
            {**self.child_environment(), 'PATH': self._premises.path, **environment},
            self.accounts,
            self._umask,
        )
        return Peer(
            member.host, service, clients.Endpoints(settings.url, settings.compute_url), log
        )
