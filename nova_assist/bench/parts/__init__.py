# SPDX-License-Identifier: Apache-2.0
"""The parts of a bench, each of which measures something and adds it to the results.

Main name: :data:`PARTS`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from nova_assist.bench.parts import (
    at_once,
    check,
    depth,
    lifecycle,
    long_merge,
    merge,
    operations,
    snapshots,
    volumes,
)
from nova_assist.bench.results import Results
from nova_assist.bench.turns import Turns


@dataclasses.dataclass(frozen=True)
class Part:
    """A part.

    :ivar what: it measures, in one line
    :ivar alone: the clouds of the drivers are stopped before
    """

    what: str
    measure: Callable[[Turns, Results], None]
    alone: bool = False


#: In the order in which they are played.
PARTS: Mapping[str, Part] = {
    'snapshots': Part(
        'snapshots taken and deleted, offline and online, and where the time goes',
        snapshots.measure,
    ),
    'operations': Part(
        'volumes made, extended, cloned, reverted and deleted, offline and online',
        operations.measure,
    ),
    'depth': Part('snapshots taken and deleted offline, of chains of 1 to 100', depth.measure),
    'at-once': Part('online snapshots of 1 to 32 volumes at once', at_once.measure),
    'long-merge': Part('how often Nova is waited for', long_merge.measure),
    'merge': Part(
        'snapshots with overlays of 1 MiB to 4 GiB deleted; needs 25 GiB of disk', merge.measure
    ),
    'volumes': Part('capacities told with 10 to 10,000 volumes on the share', volumes.measure),
    'check': Part('nova-assist check on 10 to 1,000 volumes, 10 snapshots deep', check.measure),
    'run': Part('nova-assist run, all default scenarios', lifecycle.measure, alone=True),
}
