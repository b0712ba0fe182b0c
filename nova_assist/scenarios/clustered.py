# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud with two Cinders as a testbed; main class: :class:`ClusteredTestbed`.

Requests that change something go to either Cinder, by the run's seed, where that is wanted. Both
have one database, so that it doesn't matter who is asked for a status.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence

from nova_assist.cloud import clients
from nova_assist.cloud.cluster import ClusteredCloud, Peer
from nova_assist.cloud.errors import ServiceError
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.embedded import EmbeddedTestbed
from nova_assist.scenarios.embedded_api import EmbeddedApi
from nova_assist.scenarios.guests import Guests
from nova_assist.scenarios.logs import Log, Logs, ServiceLog
from nova_assist.scenarios.partner import Choice, Partner


class ClusteredTestbed(EmbeddedTestbed):
    """A cloud whose two Cinders are up.

    :param peer: the second one
    :param spread: requests go to either; else all go to the first one
    """

    def __init__(self, cloud: ClusteredCloud, peer: Peer, *, spread: bool = True) -> None:
        super().__init__(cloud)
        self._spread = spread
        self._clustered = cloud
        self._peer = peer

    def ended(self) -> str:
        """Return which service has ended by itself, "" if none has."""
        try:
            self._peer.service.check()
        except ServiceError as error:
            return str(error)
        return super().ended()

    def prepare(
        self, scenario: str, formats: Sequence[str], rng: random.Random, stop: threading.Event
    ) -> tuple[Context, Guests]:
        """Return the surroundings of a scenario, with the second Cinder as the partner."""
        context, guests = super().prepare(scenario, formats, rng, stop)
        cloud, peer = self._clustered, self._peer
        urls = (cloud.cinder.url, peer.endpoints.cinder)
        choice = Choice(urls, random.Random(rng.getrandbits(64)))  # noqa: S311 - repeatable
        if self._spread:
            context.api.cinder = clients.cinderclient_of_any(choice, 'admin:demo')
        api = EmbeddedApi(
            peer.endpoints.cinderclient('demo', 'admin'), cloud.novaclient(), cloud.compute.url
        )
        context.partner = Partner(cloud, peer, choice, api)
        return context, guests

    def _make_drivers(self) -> None:
        """Return nothing: one of two Cinders alone can't have another driver."""

    def _cinder_log(self) -> Log:
        return Logs(super()._cinder_log(), ServiceLog('the second Cinder', self._peer.log))
