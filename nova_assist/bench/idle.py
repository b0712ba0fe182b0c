# SPDX-License-Identifier: Apache-2.0
"""A driver that does nothing for a snapshot, to see what Cinder itself takes.

Main class: :class:`IdleDriver`, which Cinder loads. No driver can be faster.
"""

from __future__ import annotations

from typing import Any

from cinder import interface
from cinder.volume.drivers import nfs


@interface.volumedriver
class IdleDriver(nfs.NfsDriver):  # type: ignore[misc]
    """Cinder's own driver for all but snapshots."""

    def create_snapshot(self, snapshot: Any) -> None:
        """Take no snapshot."""

    def delete_snapshot(self, snapshot: Any) -> None:
        """Delete none."""
