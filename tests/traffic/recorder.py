# SPDX-License-Identifier: Apache-2.0
"""A reverse proxy between Cinder and Nova that notes what they say to each other.

Main class: :class:`Recorder`. It listens on the loopback only, changes nothing of what it passes
on, and keeps no token. What is made of the notes is left to :mod:`tests.traffic.normal`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from tests.traffic.exchange import Exchange, Party

_ADDRESS = '127.0.0.1'
#: Those about the connection alone, and those that aiohttp makes itself.
_OWN_HEADERS = frozenset(
    (
        *('connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'),
        *('host', 'content-length', 'date', 'server'),
    )
)
_VERSION_HEADER = 'OpenStack-API-Version'
#: Cinder's paths may have the project in them.
_PROJECT = re.compile(r'^/v3/[0-9a-f]{32}(?=/)')
_END_SECONDS = 10.0


@dataclasses.dataclass(frozen=True)
class Route:
    """Where a service is reached by the other one, and where it really is.

    :ivar port: ours, on the loopback.
    :ivar upstream: the port that requests are passed on to, likewise.
    """

    port: int
    upstream: int


class Recorder:
    """Notes exchanges from entering to leaving, from all threads.

    :param routes: the routes by caller.
    :param look: tells what lies on the share.
    """

    def __init__(
        self, routes: Mapping[Party, Route], look: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._routes = routes
        self._look = look
        self._exchanges: list[Exchange] = []
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runners: list[web.AppRunner] = []

    def __enter__(self) -> Recorder:
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *error: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_END_SECONDS)
        self._loop.close()

    def exchanges(self) -> list[Exchange]:
        """Return what was noted so far, in the order of the requests."""
        with self._changed:
            return list(self._exchanges)

    def wait(self, seconds: float) -> bool:
        """Wait for another request or answer; tell whether there was one in time."""
        with self._changed:
            return self._changed.wait(seconds)

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_END_SECONDS)

    async def _open(self) -> None:
        # A connection that is kept may be closed by the other side just when it is used again.
        connector = aiohttp.TCPConnector(force_close=True)
        self._client = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        for caller, route in self._routes.items():
            app = web.Application(client_max_size=1 << 30)
            app.router.add_route('*', '/{path:.*}', self._handler(caller, route))
            runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1.0)
            await runner.setup()
            self._runners.append(runner)
            await web.TCPSite(runner, _ADDRESS, route.port).start()

    async def _close(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        await self._client.close()

    def _handler(self, caller: Party, route: Route) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            data = await request.read()
            exchange = self._begun(caller, request, data)
            url = URL(f'http://{_ADDRESS}:{route.upstream}{request.raw_path}', encoded=True)
            async with self._client.request(
                request.method,
                url,
                headers=_passed(request.headers),
                data=data or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),
            ) as answer:
                content = await answer.read()
            self._ended(exchange, answer.status, content)
            return web.Response(
                status=answer.status, headers=_passed(answer.headers), body=content
            )

        return handle

    def _begun(self, caller: Party, request: web.Request, data: bytes) -> Exchange:
        exchange = Exchange(
            caller,
            request.method,
            _path(caller, request.path),
            {name: _parsed(value.encode()) for name, value in request.query.items()},
            request.headers.get(_VERSION_HEADER),
            'X-Service-Token' in request.headers or 'X-Service-Roles' in request.headers,
            _parsed(data),
            None if request.method in ('GET', 'HEAD') else self._look(),
        )
        with self._changed:
            self._exchanges.append(exchange)
            self._changed.notify_all()
        return exchange

    def _ended(self, exchange: Exchange, status: int, content: bytes) -> None:
        with self._changed:
            exchange.status, exchange.answer = status, _parsed(content)
            self._changed.notify_all()


def _path(caller: Party, path: str) -> str:
    if caller is Party.NOVA:
        path = _PROJECT.sub('/v3', path)
        return path.removeprefix('/v3') or '/'
    return path.removeprefix('/v2.1') or '/'


def _passed(headers: Mapping[str, str]) -> Any:
    """Return the headers to pass on, each as often as it is there."""
    return [(name, value) for name, value in headers.items() if name.lower() not in _OWN_HEADERS]


def _parsed(content: bytes) -> Any:
    """Return JSON parsed, and what is none as text; nothing as ``None``."""
    text = content.decode(errors='replace')
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
