# SPDX-License-Identifier: Apache-2.0
"""What a backend tells Cinder's scheduler of itself. Pure.

Main function: :func:`report`. Measuring the shares is left to :mod:`driver.shares`.
"""

from __future__ import annotations

from collections.abc import Collection

from oslo_utils import units

from driver.options import Settings
from driver.shares import Capacity


def report(
    settings: Settings, found: Collection[Capacity], over_subscription: float
) -> dict[str, int | float | bool]:
    """Return room, in GiB, and what the driver can do, as Cinder's scheduler names them.

    :param found: the room on each share
    :param over_subscription: how many times its size may be promised on a share
    """
    return {
        'total_capacity_gb': sum(share.total for share in found) / units.Gi,
        'free_capacity_gb': sum(share.free for share in found) / units.Gi,
        'provisioned_capacity_gb': sum(share.allocated for share in found) / units.Gi,
        'reserved_percentage': round(settings.reserved * 100),
        'max_over_subscription_ratio': over_subscription,
        'thin_provisioning_support': settings.sparse,
        'thick_provisioning_support': not settings.sparse,
        'sparse_copy_volume': True,
        'online_extend_support': True,
        'multiattach': False,
        'QoS_support': False,
    }
