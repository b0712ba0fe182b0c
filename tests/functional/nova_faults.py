# SPDX-License-Identifier: Apache-2.0
"""What scenarios have the compute service do wrong with a volume's snapshots.

Main class: :class:`NovaFaults`. The faults are those of :mod:`nova_assist.compute.faults`.
"""

from __future__ import annotations

from collections.abc import Callable

from nova_assist.compute.faults import Fault
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.embedded_api import FaultState
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedVolume


class NovaFaults:
    """The faults of one scenario."""

    def __init__(self, context: Context) -> None:
        """Start with none."""
        self._context = context

    def set(self, volume: TrackedVolume, fault: Fault, times: int = 1) -> None:
        """Have the next requests for a volume's snapshots meet a fault.

        :raises StepFailed: if the compute service has no such fault
        """
        with refusals(f'setting fault {fault.value} for volume {volume.name}'):
            self._context.api.set_fault(volume.id, fault.value, times)

    def await_held(self, volume: TrackedVolume) -> None:
        """Wait until a request is held: it was accepted, and nothing is done for it yet.

        :raises StepFailed: if none comes
        """
        self._await(volume, 'a request that is held', lambda state: state.held > 0)

    def lift(self, volume: TrackedVolume) -> None:
        """End a volume's fault, and wait for the end of the requests that have met it.

        :raises StepFailed: if none has met it, or one doesn't end
        """
        with refusals(f'lifting the fault of volume {volume.name}'):
            self._context.api.lift_fault(volume.id)
        state = self._await(volume, 'the end of all requests', lambda state: state.under_way == 0)
        if not state.met:
            raise StepFailed(
                f'no request for volume {volume.name} has met fault {state.name}',
                'a request to Nova',
                'none',
            )

    def _await(
        self, volume: TrackedVolume, what: str, reached: Callable[[FaultState], bool]
    ) -> FaultState:
        def look() -> FaultState | None:
            state = self._context.api.fault(volume.id)
            return state if reached(state) else None

        with refusals(f'asking how far the fault of volume {volume.name} has come'):
            return self._context.patience.wait(f'{what} for volume {volume.name}', look)
