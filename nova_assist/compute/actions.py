# SPDX-License-Identifier: Apache-2.0
"""What was done to servers at whose request, and how it ended.

Main class: :class:`Actions`. How clients see actions is left to
:mod:`nova_assist.compute.api.instance_actions`.
"""

from __future__ import annotations

from collections.abc import Coroutine

from nova_assist.compute import errors
from nova_assist.compute.model import Action, ActionEvent, Server, now
from nova_assist.compute.store import ServerStore

_SUCCESS, _ERROR = 'Success', 'Error'


class Actions:
    """Keeps actions with their servers, whose files they are in."""

    def __init__(self, store: ServerStore) -> None:
        self._store = store

    def record(
        self, server: Server, name: str, *, request_id: str, user_id: str, project_id: str
    ) -> Action:
        """Note that something is about to be done to a server."""
        time = now()
        action = Action(name, request_id, user_id, project_id, time, time)
        server.actions.append(action)
        self._store.save(server)
        return action

    async def follow(
        self, server: Server, action: Action, name: str, work: Coroutine[None, None, None]
    ) -> None:
        """Do what an action consists of, and note how it ends; its error goes on."""
        event = ActionEvent(name, now())
        action.events.append(event)
        self._store.save(server)
        try:
            await work
        except errors.ComputeError:
            self._finish(server, action, event, _ERROR)
            raise
        self._finish(server, action, event, _SUCCESS)

    def _finish(self, server: Server, action: Action, event: ActionEvent, result: str) -> None:
        event.finish_time = action.updated_at = now()
        event.result = result
        if result == _ERROR:
            action.message = _ERROR
        self._store.save(server)
