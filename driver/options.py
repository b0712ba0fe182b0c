# SPDX-License-Identifier: Apache-2.0
"""The driver's options: Cinder's own reused, a few added, all parsed once.

Main class: :class:`Settings`. Nothing is written back into the configuration.
"""

from __future__ import annotations

import copy
import dataclasses
import pathlib
from typing import Any

from cinder.volume import configuration
from cinder.volume.drivers import nfs as cinder_nfs
from cinder.volume.drivers import remotefs as cinder_remotefs
from oslo_config import cfg

from driver import exceptions

#: Options that the in-tree driver does not have.
ADDED = [
    cfg.IntOpt(
        'nfs_assisted_create_timeout',
        default=600,
        min=1,
        help='Seconds that Nova may take to switch a running guest to the overlay of a new '
        'snapshot. Afterwards the snapshot fails, and the volume is as it was before.',
    ),
    cfg.IntOpt(
        'nfs_assisted_delete_timeout',
        default=7200,
        min=1,
        help='Seconds that Nova may take to merge the data of a deleted snapshot of an attached '
        'volume. Raise it if a full volume takes longer to copy than that.',
    ),
    cfg.IntOpt(
        'nfs_assisted_extend_timeout',
        default=120,
        min=1,
        help='Seconds that Nova may take to grow the disk of a running guest. Afterwards the '
        'extension fails, and the volume has its old size. Should Nova grow the disk all the '
        'same, the next operation on the volume, or start of the service, takes that over.',
    ),
]

#: All options of a backend section that matter here. Cinder's lists are used as they are, as the
#: in-tree driver may be loaded beside this one and oslo.config refuses unequal definitions.
ALL = [*cinder_nfs.nfs_opts, *cinder_remotefs.nas_opts, *ADDED]

cfg.CONF.register_opts(ADDED, group=configuration.SHARED_CONF_GROUP)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The parsed options of one backend.

    :ivar prefix: what the names of the driver's own options begin with
    :ivar secure_operations: files worked on as the service's own user; None stands for ``auto``
    :ivar secure_permissions: files closed to others; None stands for ``auto``
    :ivar reserved: part of a share that stays free, 0 to 1
    :ivar over_subscription: how many times the rest may be promised; None stands for ``auto``
    :ivar create_timeout: seconds for Nova to switch a guest
    :ivar delete_timeout: seconds for Nova to merge files
    :ivar extend_timeout: seconds for Nova to grow a disk
    """

    prefix: str
    mount_base: pathlib.Path
    mount_attempts: int
    sparse: bool
    qcow2: bool
    snapshots: bool
    secure_operations: bool | None
    secure_permissions: bool | None
    reserved: float
    over_subscription: float | None
    create_timeout: int
    delete_timeout: int
    extend_timeout: int


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the added options with their section, for oslo.config's generators."""
    return [(configuration.SHARED_CONF_GROUP, ADDED)]


def named(prefix: str) -> list[cfg.Opt]:
    """Return all options, those that begin with ``nfs`` as a driver of another name has them.

    :param prefix: what they begin with there, such as ``vendor`` for ``vendor_qcow2_volumes``
    """
    return [_renamed(each, prefix) if each.name.startswith('nfs_') else each for each in ALL]


def _renamed(option: cfg.Opt, prefix: str) -> cfg.Opt:
    renamed = copy.copy(option)
    renamed.name = renamed.dest = option.name.replace('nfs', prefix, 1)
    return renamed


def parse(conf: Any, prefix: str) -> Settings:
    """Parse a backend's configuration.

    :param conf: the ``cinder.volume.configuration.Configuration`` of the backend
    :param prefix: what the names of the driver's own options begin with
    :raises ConfigurationError: an option can't be used
    """

    def own(name: str) -> Any:
        return getattr(conf, f'{prefix}_{name}')

    return Settings(
        prefix=prefix,
        mount_base=pathlib.Path(own('mount_point_base')).resolve(),
        mount_attempts=max(1, own('mount_attempts')),
        sparse=own('sparsed_volumes'),
        qcow2=own('qcow2_volumes'),
        snapshots=own('snapshot_support'),
        secure_operations=_three_way(conf, 'nas_secure_file_operations'),
        secure_permissions=_three_way(conf, 'nas_secure_file_permissions'),
        reserved=conf.reserved_percentage / 100,
        over_subscription=_over_subscription(conf),
        create_timeout=own('assisted_create_timeout'),
        delete_timeout=own('assisted_delete_timeout'),
        extend_timeout=own('assisted_extend_timeout'),
    )


def _over_subscription(conf: Any) -> float | None:
    value = conf.max_over_subscription_ratio
    if value == 'auto':
        return None
    if float(value) < 1:  # oslo.config lets only numbers pass
        raise exceptions.ConfigurationError(
            f'max_over_subscription_ratio = {value} in cinder.conf is less than 1. Set a larger '
            f'one, or auto.'
        )
    return float(value)


def _three_way(conf: Any, name: str) -> bool | None:
    value = str(getattr(conf, name)).lower()
    try:
        return {'true': True, 'false': False, 'auto': None}[value]
    except KeyError as error:
        raise exceptions.ConfigurationError(
            f'{name} = {value} in cinder.conf is none of true, false and auto. Set one of these.'
        ) from error
