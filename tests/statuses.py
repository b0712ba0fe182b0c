# SPDX-License-Identifier: Apache-2.0
"""What clients of Cinder and Nova say of the status of a thing; main function: :func:`status`."""

from __future__ import annotations

from typing import Any

from cinderclient import exceptions as cinder_exceptions
from novaclient import exceptions as nova_exceptions

#: Statuses that nothing comes out of by itself.
FAILED = ('error', 'error_deleting', 'error_extending', 'ERROR')

_GONE = (cinder_exceptions.NotFound, nova_exceptions.NotFound)


def status(manager: Any, thing: Any) -> str | None:
    """Return the status of a thing of one of a client's managers, ``None`` if it is gone."""
    try:
        return str(manager.get(thing.id).status)
    except _GONE:
        return None
