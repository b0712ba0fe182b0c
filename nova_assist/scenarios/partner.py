# SPDX-License-Identifier: Apache-2.0
"""The second of two Cinders of one cluster, as scenarios have it; main class: :class:`Partner`."""

from __future__ import annotations

import random
from collections.abc import Sequence

from nova_assist.cloud.cluster import ClusteredCloud, Heartbeat, Peer
from nova_assist.scenarios.embedded_api import EmbeddedApi


class Choice:
    """Which of some URLs a request goes to: a random one, or the first while others are dead.

    :param urls: of the Cinders
    :param rng: decides
    """

    def __init__(self, urls: Sequence[str], rng: random.Random) -> None:
        self._urls = urls
        self._rng = rng
        self.first_only = False

    def __call__(self) -> str:
        """Return one for the next request."""
        chosen = self._rng.choice(self._urls)
        return self._urls[0] if self.first_only else chosen


class Partner:
    """A Cinder that can die while the cloud goes on.

    :param choice: of the scenario's requests, none of which may go to it while it is dead
    :ivar api: has it do the work
    :ivar host: its name, as Cinder's cleaning of workers takes it
    """

    def __init__(
        self, cloud: ClusteredCloud, peer: Peer, choice: Choice, api: EmbeddedApi
    ) -> None:
        self._cloud = cloud
        self._peer = peer
        self._choice = choice
        self.api = api
        self.host = peer.host

    def kill(self) -> None:
        """Kill it, as a crash would; Cinder takes it for up still."""
        self._choice.first_only = True
        self._peer.service.kill()

    def go_down(self) -> None:
        """Have Cinder take it for down, which is so some time after its death."""
        self._cloud.declare(self._peer.host, Heartbeat.LONG_AGO)

    def come_back(self) -> None:
        """Start it again if it is dead, and have Cinder take it for up.

        :raises ServiceError: it doesn't start
        """
        if not self._peer.service.alive:
            self._peer.service.start()
        self._cloud.declare(self._peer.host, Heartbeat.LATELY)
        self._choice.first_only = False
