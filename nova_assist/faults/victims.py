# SPDX-License-Identifier: Apache-2.0
"""Who may die in an operation, and the trap that each is in.

Main classes: :class:`Victim` and :class:`Traps`.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from pathlib import Path

from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.service import Service
from nova_assist.faults.compute_points import QEMU_VARIABLE
from nova_assist.faults.trap import Trap


class Victim(enum.Enum):
    """Who dies."""

    CINDER = 'Cinder'
    COMPUTE = 'the compute service'
    QEMU = "the guest's QEMU"
    PEER = 'the second Cinder'

    def service(self, cloud: Cloud) -> Service | None:
        """Return its process, unless somebody else is to look after it."""
        services = {Victim.CINDER: cloud.cinder, Victim.COMPUTE: cloud.compute}
        return services.get(self)


@dataclasses.dataclass(frozen=True)
class Traps:
    """The traps of one cloud."""

    cinder: Trap
    compute: Trap
    qemu: Trap
    peer: Trap

    @classmethod
    def made(cls, folder: Path) -> Traps:
        """Return new ones whose files are in a folder."""
        return cls(
            Trap(folder / 'trap-cinder'),
            Trap(folder / 'trap-compute'),
            Trap(folder / 'trap-qemu', QEMU_VARIABLE),
            Trap(folder / 'trap-peer'),
        )

    @property
    def compute_environment(self) -> Mapping[str, str]:
        """The environment that puts the compute service and its guests into their traps."""
        return {**self.compute.environment, **self.qemu.environment}

    def of(self, victim: Victim) -> Trap:
        """Return a victim's."""
        traps = {
            Victim.CINDER: self.cinder,
            Victim.COMPUTE: self.compute,
            Victim.QEMU: self.qemu,
            Victim.PEER: self.peer,
        }
        return traps[victim]
