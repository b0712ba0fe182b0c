# SPDX-License-Identifier: Apache-2.0
"""Nova at work for as long as a test needs.

Main class: :class:`HeldNova`, where the cloud has a Nova that lets a request wait; the Nova of any
other cloud is a :class:`FreeNova`. Both are context managers for the length of the test's need.
"""

from __future__ import annotations

from tempest_plugin import waiting
from tempest_plugin.services.compute import FaultsClient

#: The fault of the embedded compute service which accepts a request and does nothing for it yet.
_LATE_WORK = 'late-work'


class FreeNova:
    """A Nova that nobody can hold: it works as fast as it can.

    :cvar held: whether Nova does nothing for the request before the block ends.
    """

    held = False

    def __enter__(self) -> FreeNova:
        return self

    def __exit__(self, *error: object) -> None:
        """Do nothing."""

    def await_request(self) -> None:
        """Do nothing: no API tells whether Nova was asked."""


class HeldNova(FreeNova):
    """A Nova that lets the next request for a volume wait until the block ends."""

    held = True

    def __init__(self, client: FaultsClient, volume_id: str) -> None:
        """Take an administrator's client; nothing is held before the block begins."""
        self._client = client
        self._volume_id = volume_id

    def __enter__(self) -> HeldNova:
        self._client.set_fault(self._volume_id, _LATE_WORK)
        return self

    def __exit__(self, *error: object) -> None:
        """Let Nova go on, and wait until it has ended.

        :raises TimeoutException: it has not
        """
        self._client.lift_fault(self._volume_id)
        self._await('end of what Nova was asked for', 'under_way', 0)

    def await_request(self) -> None:
        """Wait until Nova has accepted the request, and holds it.

        :raises TimeoutException: none has come
        """
        self._await('request to Nova', 'held', 1)

    def _await(self, what: str, key: str, wanted: int) -> None:
        client, volume_id = self._client, self._volume_id
        waiting.until(
            f'the {what} for volume {volume_id}',
            lambda: dict(client.show_fault(volume_id)['fault']),
            lambda fault: bool(fault[key] == wanted),
            seconds=client.build_timeout,
            pause=client.build_interval,
        )
