# SPDX-License-Identifier: Apache-2.0
"""The services of a cluster that serve one backend together: who is at work, and on what.

Main class: :class:`Peers`. The lock of a volume tells who is at work on it now, and an operation
is not over when the driver lets go of that: Cinder's volume manager has yet to write how it ended.
So a service has the volume's row name it as the volume's host before it begins what its start
would undo, as the volume manager does when it makes a volume (``_set_resource_host``). What is
settled when is left to :mod:`driver.startup` and its like.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from cinder import context as cinder_context
from cinder import objects
from cinder.common import constants
from cinder.volume import volume_utils

from driver import database


@dataclasses.dataclass(frozen=True)
class Peers:
    """This service and the others of its cluster.

    :ivar host: this service's, such as ``node@nfs``
    :ivar cluster: its cluster, such as ``cluster@nfs``, if it is in one; else there are no others
    :ivar seen: the hosts of others that have been up, and that nobody has seen to since
    """

    host: str
    cluster: str | None
    seen: set[str] = dataclasses.field(default_factory=set)

    def is_ours(self, volume_id: str) -> bool:
        """Tell whether a service that starts is to end what a volume's row says to be under way.

        It is not if another service has worked on the volume last, and is up.
        """
        if not self.cluster:
            return True
        return self.worker(volume_id) not in self._up()

    def worker(self, volume_id: str) -> str:
        """Return the host of the service that has worked on a volume last."""
        return str(volume_utils.extract_host(database.volume_object(volume_id).host))

    def take(self, volume: Any) -> None:
        """Have the others know that this service is at work on a volume, whose lock it holds."""
        host = self.home(volume.host)
        if host != volume.host:
            volume.host = host
            volume.save()

    def home(self, host: str) -> str:
        """Return the host, with the pool of another one, of a volume that is worked on here."""
        if not self.cluster:
            return host
        pool = volume_utils.extract_host(host, 'pool')
        return str(volume_utils.append_host(self.host, pool))

    def fallen(self) -> frozenset[str]:
        """Return the hosts of others that have been up, and are not now.

        That is what Cinder makes of heartbeats (``service_down_time``).
        """
        up = self._up()
        return frozenset(self.seen - up)

    def forget(self, fallen: frozenset[str]) -> None:
        """Take it for settled what others have left that have gone down."""
        self.seen.difference_update(fallen)

    def _up(self) -> frozenset[str]:
        if not self.cluster:
            return frozenset()
        found = objects.ServiceList.get_all(
            cinder_context.get_admin_context(),
            {'cluster_name': self.cluster, 'binary': constants.VOLUME_BINARY},
        )
        up = frozenset(str(each.host) for each in found if each.is_up) - {self.host}
        self.seen.update(up)
        return up
