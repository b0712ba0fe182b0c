# SPDX-License-Identifier: Apache-2.0
"""The calls to Nova, through python-novaclient, with its errors turned into this package's.

Main classes: :class:`AssistedSnapshots` and :class:`ExternalEvents`. Waiting for what Nova
does afterwards is left to :mod:`nova_assist.client.wait`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from keystoneauth1 import exceptions as keystone_exceptions
from novaclient import exceptions as nova_exceptions
from urllib3.exceptions import ProtocolError

from nova_assist.client import errors
from nova_assist.client.requests import CreateRequest, DeleteRequest

_Answer = TypeVar('_Answer')


class AssistedSnapshots:
    """Nova's assisted volume snapshots.

    :param nova: a ``novaclient`` client of an identity that Nova's policy allows this
        (``service_or_admin`` from 2025.2, admin before)
    """

    def __init__(self, nova: Any) -> None:
        self._manager = nova.assisted_volume_snapshots

    def create(self, request: CreateRequest) -> None:
        """Ask Nova to switch the guest to a new file; Nova answers before it has done so.

        :raises Refused: Nova said no
        :raises Unreachable: no connection
        :raises Unanswered: no clear answer
        """
        what = f'create snapshot {request.snapshot_id} of volume {request.volume_id}'
        _call(
            what,
            lambda: self._manager.create(request.volume_id, create_info=request.create_info()),
        )

    def delete(self, request: DeleteRequest) -> None:
        """Ask Nova to merge files; Nova answers before it has done so.

        :raises Refused: Nova said no
        :raises Unreachable: no connection
        :raises Unanswered: no clear answer
        """
        what = f'delete snapshot {request.snapshot_id} of volume {request.volume_id}'
        _call(
            what,
            lambda: self._manager.delete(request.snapshot_id, delete_info=request.delete_info()),
        )


class ExternalEvents:
    """Nova's API for what other services report of servers.

    :param nova: a ``novaclient`` client of microversion 2.51 or newer, of an identity that Nova's
        policy allows this (``service_or_admin`` from 2025.2, admin before)
    """

    def __init__(self, nova: Any) -> None:
        self._manager = nova.server_external_events

    def volume_extended(self, volume_id: str, server_ids: Sequence[str]) -> None:
        """Have Nova grow the disk that servers have of a volume, to the size that Cinder tells.

        Nova answers before it has done so, and tells nobody how that ends but whoever asks for
        the actions of the servers.

        :raises Refused: Nova said no, of all servers
        :raises Unreachable: no connection
        :raises BrokenOff: one that has ended too early
        :raises Unanswered: no clear answer
        """
        what = f'grow the disk of volume {volume_id} in {", ".join(server_ids)}'
        events = [
            {'name': 'volume-extended', 'server_uuid': server_id, 'tag': volume_id}
            for server_id in server_ids
        ]
        answers = _call(what, lambda: self._manager.create(events))
        codes = [int(answer['code']) for answer in answers]
        if all(code >= 400 for code in codes):
            said = ', '.join(map(str, codes))
            message = f'Nova was asked to {what} and answered {said}: no event can be delivered'
            raise errors.Refused(message, codes[0])


def _call(what: str, send: Callable[[], _Answer]) -> _Answer:
    try:
        return send()
    except nova_exceptions.ClientException as error:
        code = int(error.code)
        message = f'Nova was asked to {what} and answered {code}: {error.message}'
        if 400 <= code < 500:
            raise errors.Refused(message, code) from error
        raise errors.Unanswered(message) from error
    except keystone_exceptions.ConnectTimeout as error:
        raise errors.Unanswered(f'Nova was asked to {what} and did not answer: {error}') from error
    except keystone_exceptions.ClientException as error:
        if _is_broken_off(error):
            raise errors.BrokenOff(
                f'Nova was asked to {what}, and the connection ended: {error}'
            ) from error
        raise errors.Unreachable(
            f'Nova could not be asked to {what}: {error}. Check the [nova] section of cinder.conf.'
        ) from error


def _is_broken_off(error: keystone_exceptions.ClientException) -> bool:
    """Tell whether there was a connection; keystoneauth calls it a failure to connect too."""
    caught = error.__context__
    return caught is not None and any(isinstance(each, ProtocolError) for each in caught.args)
