# SPDX-License-Identifier: Apache-2.0
"""Does Cinder list the snapshots that there should be?

Main function: :func:`faults`, a part of the chain judge that needs no share.
"""

from __future__ import annotations

from collections.abc import Iterator

from nova_assist.checks.faults import fault
from nova_assist.checks.scene import Volume
from nova_assist.reports.model import Finding


def faults(volume: Volume) -> Iterator[Finding]:
    """Yield one finding for each snapshot that is gone, or isn't available any more.

    Of a snapshot whose creation failed nobody knows what it should be.
    """
    for snapshot in volume.snapshots:
        if snapshot.status is None:
            yield fault(
                f'{snapshot} is gone from Cinder, though nobody deleted it',
                'available',
                'no such snapshot',
            )
        elif snapshot.status != 'available' and snapshot.data is not None:
            yield fault(
                f'{snapshot}, which was available, is {snapshot.status} in Cinder',
                'available',
                snapshot.status,
            )
