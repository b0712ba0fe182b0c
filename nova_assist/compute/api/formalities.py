# SPDX-License-Identifier: Apache-2.0
"""What clients ask of a cloud before and beside all else, and what there is little to say of here.

Main class: :class:`FormalitiesApi`. One availability zone, no limits, and servers without any
network.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from nova_assist.compute.api import context, flavors
from nova_assist.compute.api.servers import find_server
from nova_assist.compute.model import Server
from nova_assist.compute.service import Compute

_ENDLESS = -1
_METADATA = 128
_LIMITS = {
    'maxTotalInstances': _ENDLESS,
    'maxTotalCores': _ENDLESS,
    'maxTotalRAMSize': _ENDLESS,
    'maxTotalKeypairs': _ENDLESS,
    'maxServerMeta': _METADATA,
    'maxServerGroups': 0,
    'maxServerGroupMembers': 0,
    'totalServerGroupsUsed': 0,
}
#: Limits of what Nova has given up, and the microversions without them.
_FORMER: tuple[tuple[tuple[int, int], tuple[str, ...]], ...] = (
    (
        (2, 36),
        (
            'maxSecurityGroups',
            'maxSecurityGroupRules',
            'maxTotalFloatingIps',
            'totalSecurityGroupsUsed',
            'totalFloatingIpsUsed',
        ),
    ),
    ((2, 39), ('maxImageMeta',)),
    ((2, 57), ('maxPersonality', 'maxPersonalitySize')),
)


class FormalitiesApi:
    """The calls."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def add_routes(self, app: web.Application) -> None:
        """Add the calls to the application."""
        app.router.add_get('/v2.1/extensions', self.extensions)
        app.router.add_get('/v2.1/limits', self.limits)
        app.router.add_get('/v2.1/os-availability-zone', self.zones)
        app.router.add_get('/v2.1/servers/{server_id}/ips', self.addresses)
        app.router.add_get('/v2.1/servers/{server_id}/os-interface', self.interfaces)

    async def extensions(self, request: web.Request) -> web.Response:
        """Return nothing: what is there is told by microversions."""
        return web.json_response({'extensions': []})

    async def limits(self, request: web.Request) -> web.Response:
        """Return what the caller's project uses, of as much as it likes."""
        caller = context.context_of(request)
        servers = [s for s in self._compute.store.all() if s.project_id == caller.project]
        shown: dict[str, Any] = {**_LIMITS, **_used(servers)}
        for until, names in _FORMER:
            if caller.version < until:
                shown.update(dict.fromkeys(names, 0))
        return web.json_response({'limits': {'rate': [], 'absolute': shown}})

    async def zones(self, request: web.Request) -> web.Response:
        """Return the one zone."""
        zone = {'zoneName': 'nova', 'zoneState': {'available': True}, 'hosts': None}
        return web.json_response({'availabilityZoneInfo': [zone]})

    async def addresses(self, request: web.Request) -> web.Response:
        """Return a server's addresses: it has none."""
        find_server(self._compute, request)
        return web.json_response({'addresses': {}})

    async def interfaces(self, request: web.Request) -> web.Response:
        """Return a server's network interfaces: it has none."""
        find_server(self._compute, request)
        return web.json_response({'interfaceAttachments': []})


def _used(servers: list[Server]) -> dict[str, int]:
    sizes = [flavors.FLAVORS[server.flavor_id] for server in servers]
    return {
        'totalInstancesUsed': len(sizes),
        'totalCoresUsed': sum(size.vcpus for size in sizes),
        'totalRAMUsed': sum(size.ram for size in sizes),
    }
