# SPDX-License-Identifier: Apache-2.0
"""``os-assisted-volume-snapshots``: requests checked and answered, the work left to go on.

Main class: :class:`AssistedApi`. The checks are those of Nova's
``api/openstack/compute/assisted_volume_snapshots.py`` and ``compute/api.py``; the work is left to
:mod:`nova_assist.compute.assisted`.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from nova_assist.compute import errors
from nova_assist.compute.api import context, schemas
from nova_assist.compute.assisted import CreateRequest, DeleteRequest
from nova_assist.compute.faults import ANSWERS, Fault
from nova_assist.compute.model import Server, TaskState, VmState
from nova_assist.compute.service import Compute

_POLICY = 'os_compute_api:os-assisted-volume-snapshots'

_REFUSALS: dict[int, type[errors.ApiError]] = {
    each.code: each
    for each in (
        errors.BadRequest,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.ApiError,
        errors.Unavailable,
    )
}


class AssistedApi:
    """The two calls that Cinder makes."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to the application."""
        app.router.add_post('/v2.1/os-assisted-volume-snapshots', self.create)
        app.router.add_delete('/v2.1/os-assisted-volume-snapshots/{id}', self.delete)

    async def create(self, request: web.Request) -> web.Response:
        """Accept a snapshot to be made; 200 at once."""
        caller = context.context_of(request)
        body = await request.json()
        schemas.validate(body, schemas.ASSISTED_CREATE)
        caller.require(f'{_POLICY}:create', context.ASSISTING)
        snapshot, info = body['snapshot'], body['snapshot']['create_info']
        wanted = CreateRequest(snapshot['volume_id'], info['snapshot_id'], info['new_file'])
        server = self._holder(wanted.volume_id)
        self._refuse_by_fault(server, wanted.volume_id, 'do_volume_snapshot_create')
        _require_idle(server, 'do_volume_snapshot_create')
        self._compute.background.start(
            f'snapshot {wanted.snapshot_id}: create',
            self._compute.assisted.create(
                server, self._compute.servers.guest(server), wanted, caller.token
            ),
        )
        return web.json_response(
            {'snapshot': {'id': info.get('id'), 'volumeId': wanted.volume_id}}
        )

    async def delete(self, request: web.Request) -> web.Response:
        """Accept a snapshot to be merged away; 204 at once."""
        caller = context.context_of(request)
        if caller.version >= (2, 75):
            _refuse_unknown(request, {'delete_info'})
        caller.require(f'{_POLICY}:delete', context.ASSISTING)
        wanted = _delete_request(request)
        server = self._holder(wanted.volume_id)
        self._refuse_by_fault(server, wanted.volume_id, 'do_volume_snapshot_delete')
        _require_idle(server, 'do_volume_snapshot_delete')
        if wanted.merge_target_file is not None and server.vm_state is not VmState.ACTIVE:
            raise _invalid_state(
                server, 'vm_state', server.vm_state.value, 'volume_snapshot_delete'
            )
        self._compute.background.start(
            f'snapshot {wanted.snapshot_id}: delete',
            self._compute.assisted.delete(
                server, self._compute.servers.guest(server), wanted, caller.token
            ),
        )
        return web.Response(status=204)

    def _holder(self, volume_id: str) -> Server:
        holders = self._compute.store.holders(volume_id)
        if not holders:
            raise errors.BadRequest(f'No volume Block Device Mapping with id {volume_id}.')
        if len(holders) > 1:
            raise errors.BadRequest(
                f'Block Device Mapping {volume_id} is a multi-attach volume and is not valid '
                'for this operation.'
            )
        return holders[0]

    def _refuse_by_fault(self, server: Server, volume_id: str, method: str) -> None:
        fault = self._compute.faults.refusal(volume_id)
        if fault is Fault.MIGRATING:
            raise _invalid_state(server, 'task_state', TaskState.MIGRATING.value, method)
        if fault is not None:
            raise refused_on_purpose(fault, method)


def refused_on_purpose(fault: Fault, method: str) -> errors.ApiError:
    """Return the refusal that a fault makes of a request."""
    return _REFUSALS[ANSWERS[fault]](f'{method} refused on purpose: {fault.value}')


def _delete_request(request: web.Request) -> DeleteRequest:
    try:
        info: Any = json.loads(request.query['delete_info'])
        return DeleteRequest(
            volume_id=info['volume_id'],
            snapshot_id=request.match_info['id'],
            type=info.get('type'),
            file_to_merge=info.get('file_to_merge'),
            merge_target_file=info.get('merge_target_file'),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise errors.BadRequest(str(error)) from error


def _refuse_unknown(request: web.Request, known: set[str]) -> None:
    unknown = sorted(set(request.query) - known)
    if unknown:
        raise errors.BadRequest(
            f'Additional properties are not allowed ({", ".join(map(repr, unknown))} '
            f'{"was" if len(unknown) == 1 else "were"} unexpected)'
        )


def _require_idle(server: Server, method: str) -> None:
    """Refuse a server with a task under way, one that never ran, or one that is on no host."""
    if server.task_state is not None:
        raise _invalid_state(server, 'task_state', server.task_state.value, method)
    if server.launched_at is None:
        raise _invalid_state(server, 'launched_at', str(None), method)
    if server.vm_state is VmState.SHELVED_OFFLOADED:
        raise errors.BadRequest(f'Instance {server.id} is not ready')


def _invalid_state(server: Server, attribute: str, state: str, method: str) -> errors.BadRequest:
    return errors.BadRequest(
        f'Instance {server.id} in {attribute} {state}. Cannot {method} while the instance is in '
        'this state.'
    )
