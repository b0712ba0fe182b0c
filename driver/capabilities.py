# SPDX-License-Identifier: Apache-2.0
"""What a backend tells Cinder's scheduler of itself. Pure.

Main function: :func:`report`. Measuring the shares is left to :mod:`driver.placing`.
"""

from __future__ import annotations

from collections.abc import Collection

from oslo_utils import units

from driver.room import Limits, Room


def report(rooms: Collection[Room], limits: Limits) -> dict[str, int | float | bool | str]:
    """Return room, in GiB, and what the driver can do, as Cinder's scheduler names them.

    All shares are one pool, as with Cinder's own driver: volumes would have to be renamed in
    Cinder's database (``host@backend#pool``) for more. The scheduler takes the figures so:

    * ``provisioned_capacity_gb`` is what all volumes may grow to, those of others included; to
      sparse ones it gives at most (total - reserved) x ratio - provisioned. ``allocated``, what
      Cinder itself has made, is added by the volume manager.
    * ``free_capacity_gb`` it heeds for volumes that aren't sparse, which have to fit both into
      what is free and into what is neither reserved nor promised. Sparse ones are kept off a full
      share by :mod:`driver.placing`.
    * the ratio ``auto`` it computes anew with each report, as :meth:`.Limits.factor` does.

    :param rooms: the room on each share that can be used; with none there is no room
    :param limits: how much of each may be given away
    """
    return {
        'total_capacity_gb': sum(room.total for room in rooms) / units.Gi,
        'free_capacity_gb': sum(room.free for room in rooms) / units.Gi,
        'provisioned_capacity_gb': sum(room.promised for room in rooms) / units.Gi,
        'reserved_percentage': round(limits.reserved * 100),
        'max_over_subscription_ratio': 'auto' if limits.ratio is None else limits.ratio,
        'thin_provisioning_support': limits.sparse,
        'thick_provisioning_support': not limits.sparse,
        'sparse_copy_volume': True,
        'online_extend_support': True,
        'multiattach': False,
        'QoS_support': False,
        'replication_enabled': False,
    }
