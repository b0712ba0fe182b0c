# SPDX-License-Identifier: Apache-2.0
"""The services of a cluster that serve one backend together: who is at work, and on what.

Main class: :class:`Peers`; main function: :func:`announced`. The lock of a volume tells who is at
work on it now, and an operation is not over when the driver lets go of that: Cinder's volume
manager has yet to write how it ended. So a service has the volume's row name it as the volume's
host before it begins what its start would undo, as the volume manager does when it makes a volume
(``_set_resource_host``). What is settled when is left to :mod:`driver.startup` and its like.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from cinder import context as cinder_context
from cinder import objects
from cinder.common import constants
from cinder.volume import volume_utils

from driver import database

#: When Cinder has last heard of a service.
Heartbeat = datetime.datetime

_Method = TypeVar('_Method', bound=Callable[..., Any])


def announced(method: _Method) -> _Method:
    """Have the others know that this service is at work on a method's ``volume``.

    It does so before the method waits for the volume's lock: a service that dies while it waits
    would leave the status of the row for nobody to end. Until that ends, Cinder's API lets nobody
    else begin anything.
    """
    signature = inspect.signature(method)

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        self._peers.take(signature.bind(self, *args, **kwargs).arguments['volume'])
        return method(self, *args, **kwargs)

    return cast(_Method, call)


@dataclasses.dataclass(frozen=True)
class Peers:
    """This service and the others of its cluster.

    :ivar host: this service's, such as ``node@nfs``
    :ivar cluster: its cluster, such as ``cluster@nfs``, if it is in one; else there are no others
    :ivar settled: when Cinder had last heard of others that are down, and whose work is settled
    """

    host: str
    cluster: str | None
    settled: dict[str, Heartbeat] = dataclasses.field(default_factory=dict)

    def is_ours(self, volume_id: str) -> bool:
        """Tell whether a service that starts is to end what a volume's row says to be under way.

        It is not if another service has worked on the volume last, and is up.
        """
        if not self.cluster:
            return True
        return self.worker(volume_id) not in {each.host for each in self._others() if each.is_up}

    def worker(self, volume_id: str) -> str:
        """Return the host of the service that has worked on a volume last."""
        return str(volume_utils.extract_host(database.volume_object(volume_id).host))

    def take(self, volume: Any) -> None:
        """Have the others know that this service is at work on a volume."""
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

    def fallen(self) -> dict[str, Heartbeat]:
        """Return the hosts of others that are down, and have been up since they were settled.

        That is what Cinder makes of heartbeats (``service_down_time``). A service that has come up
        and gone down again unseen has had a heartbeat.

        :return: by host, when Cinder has last heard of it
        """
        down = {
            str(each.host): each.updated_at or each.created_at
            for each in self._others()
            if not each.is_up
        }
        return {host: last for host, last in down.items() if self.settled.get(host) != last}

    def settle(self, fallen: Mapping[str, Heartbeat]) -> None:
        """Take it for settled what others have left that have gone down."""
        self.settled.update(fallen)

    def _others(self) -> list[Any]:
        if not self.cluster:
            return []
        found = objects.ServiceList.get_all(
            cinder_context.get_admin_context(),
            {'cluster_name': self.cluster, 'binary': constants.VOLUME_BINARY},
        )
        return [each for each in found if each.host != self.host]
