# SPDX-License-Identifier: Apache-2.0
"""What ``nova-assist run --cluster`` needs: a cloud with two Cinders; :class:`ClusterHarness`."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from nova_assist.cli.harness import EmbeddedHarness, EmbeddedSession, Wanted, cloud_for
from nova_assist.cli.target import Target
from nova_assist.reports.model import ScenarioResult

if TYPE_CHECKING:
    from nova_assist.cloud.cluster import ClusteredCloud, Peer


class ClusterHarness(EmbeddedHarness):
    """The scenarios of this package, in a cloud whose two Cinders are of one cluster."""

    @contextlib.contextmanager
    def open(self, folder: Path, target: Target, keep: bool) -> Iterator[ClusterSession]:
        """Start a cloud in ``folder``, stop it at the end.

        :raises nova_assist.accounts.AccountError: an account can't be used.
        :raises nova_assist.cloud.errors.CloudError: it did not start.
        """
        from nova_assist.cloud.cluster import ClusteredCloud

        cloud = cast(ClusteredCloud, cloud_for(folder, target, keep))
        with cloud, cloud.peer() as peer:
            yield ClusterSession(cloud, peer)


class ClusterSession(EmbeddedSession):
    """A cloud with two Cinders."""

    def __init__(self, cloud: ClusteredCloud, peer: Peer) -> None:
        super().__init__(cloud)
        self._clustered = cloud
        self._peer = peer

    def cloud(self) -> Mapping[str, str]:
        """Return who does what."""
        return {
            'cluster': 'two Cinders, active/active; each request that changes something has gone '
            'to one of them, chosen by the seed'
        }

    def judge(self, wanted: Wanted) -> Generator[ScenarioResult, None, None]:
        """Run scenarios in turn."""
        from nova_assist import scenarios
        from nova_assist.scenarios.clustered import ClusteredTestbed

        testbed = ClusteredTestbed(self._clustered, self._peer)
        yield from scenarios.run(
            testbed, wanted.names, wanted.seed, wanted.listener, wanted.repeat
        )

    def check(self) -> None:
        """See that the cloud still runs."""
        super().check()
        self._peer.service.check()
