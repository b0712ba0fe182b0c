# SPDX-License-Identifier: Apache-2.0
"""How a server looks to clients, by microversion (Nova's ``compute/views/servers.py``).

Main functions: :func:`full` and :func:`alone`.
"""

from __future__ import annotations

import hashlib
import secrets
import socket
from typing import Any

from nova_assist.compute.api import flavors
from nova_assist.compute.api.context import Context
from nova_assist.compute.model import Server, TaskState, VmState

#: The one that all servers run on.
HOST = socket.gethostname()

_STATUS = {
    VmState.BUILDING: 'BUILD',
    VmState.ACTIVE: 'ACTIVE',
    VmState.STOPPED: 'SHUTOFF',
    VmState.PAUSED: 'PAUSED',
    VmState.SHELVED_OFFLOADED: 'SHELVED_OFFLOADED',
    VmState.ERROR: 'ERROR',
}
_REBOOT_STATUS = {TaskState.REBOOTING: 'REBOOT', TaskState.REBOOTING_HARD: 'HARD_REBOOT'}


def status(server: Server) -> str:
    """Return the status that stands for a server's states."""
    if server.vm_state is VmState.ACTIVE and server.task_state in _REBOOT_STATUS:
        return _REBOOT_STATUS[server.task_state]
    return _STATUS[server.vm_state]


def basic(server: Server, origin: str) -> dict[str, Any]:
    """Return a server's id, name and links."""
    return {'id': server.id, 'name': server.name, 'links': _links(server, origin)}


def created(
    server: Server, origin: str, groups: list[Any], password: str | None
) -> dict[str, Any]:
    """Return what the client that made a server is told of it."""
    return {
        'id': server.id,
        'links': _links(server, origin),
        'OS-DCF:diskConfig': 'MANUAL',
        'security_groups': groups,
        'adminPass': password or secrets.token_urlsafe(9),
    }


def alone(server: Server, caller: Context, origin: str) -> dict[str, Any]:
    """Return all that there is to say of a server that is asked for by itself."""
    view = full(server, caller, origin)
    return {**view, 'server_groups': []} if caller.version >= (2, 71) else view


def full(server: Server, caller: Context, origin: str) -> dict[str, Any]:
    """Return what there is to say of a server among others."""
    view: dict[str, Any] = {
        **basic(server, origin),
        **_states(server),
        'tenant_id': server.project_id,
        'user_id': server.user_id,
        'metadata': server.metadata,
        'hostId': host_id(server),
        'image': _image(server, origin),
        'flavor': flavors.embedded(server.flavor_id, caller.version, origin),
        'addresses': {},
        'accessIPv4': '',
        'accessIPv6': '',
        'OS-DCF:diskConfig': 'MANUAL',
        'OS-EXT-AZ:availability_zone': 'nova',
        'config_drive': '',
        'key_name': server.key_name,
        'os-extended-volumes:volumes_attached': _volumes(server, caller.version),
    }
    if caller.admin:
        view.update(_administrators_part(server, caller.version))
    view.update({key: value for since, key, value in _LATER if caller.version >= since})
    return view


def _states(server: Server) -> dict[str, Any]:
    """Return how a server is doing, and since when."""
    state = server.task_state
    view: dict[str, Any] = {
        'status': status(server),
        'created': server.created,
        'updated': server.updated,
        'OS-SRV-USG:launched_at': server.launched_at and server.launched_at.rstrip('Z'),
        'OS-SRV-USG:terminated_at': None,
        'OS-EXT-STS:task_state': None if state is None else state.value,
        'OS-EXT-STS:vm_state': server.vm_state.value,
        'OS-EXT-STS:power_state': int(server.power_state),
    }
    if view['status'] in ('ACTIVE', 'BUILD'):
        view['progress'] = 0
    if server.fault is not None and view['status'] == 'ERROR':
        fault = server.fault
        view['fault'] = {'code': fault.code, 'created': fault.created, 'message': fault.message}
    return view


#: What later microversions added and what this service has to say to it.
_LATER: tuple[tuple[tuple[int, int], str, Any], ...] = (
    ((2, 9), 'locked', False),
    ((2, 19), 'description', None),
    ((2, 26), 'tags', []),
    ((2, 63), 'trusted_image_certificates', None),
    ((2, 73), 'locked_reason', None),
    ((2, 96), 'pinned_availability_zone', None),
)


def host_id(server: Server) -> str:
    """Return what stands for the host, for those who may not know its name."""
    return hashlib.sha224(f'{server.project_id}{HOST}'.encode()).hexdigest()


def _administrators_part(server: Server, version: tuple[int, int]) -> dict[str, Any]:
    prefix = 'OS-EXT-SRV-ATTR:'
    view = {
        prefix + 'host': HOST,
        prefix + 'hypervisor_hostname': HOST,
        prefix + 'instance_name': f'instance-{server.id[:8]}',
    }
    if version >= (2, 16):
        view['host_status'] = 'UP'
    return view


def _volumes(server: Server, version: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        {'id': each.volume_id, 'delete_on_termination': each.delete_on_termination}
        if version >= (2, 3)
        else {'id': each.volume_id}
        for each in server.attachments
    ]


def _image(server: Server, origin: str) -> Any:
    if not server.image_id:
        return ''
    href = f'{origin}/images/{server.image_id}'
    return {'id': server.image_id, 'links': [{'rel': 'bookmark', 'href': href}]}


def _links(server: Server, origin: str) -> list[dict[str, str]]:
    return [
        {'rel': 'self', 'href': f'{origin}/v2.1/servers/{server.id}'},
        {'rel': 'bookmark', 'href': f'{origin}/servers/{server.id}'},
    ]
