# SPDX-License-Identifier: Apache-2.0
"""What a driver has to have: a contract is one of Cinder's interfaces, or a feature without one.

Main classes: :class:`Contract` and :class:`Demand`. Which contracts a Cinder release has is left
to :mod:`nova_assist.conformance.release`.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping

from nova_assist.conformance.calls import Call


@dataclasses.dataclass(frozen=True)
class Demand:
    """What Cinder takes one method for.

    :param declared: its parameters, without ``self``
    :param in_interface: whether an interface declares them; else what Cinder passes decides
    :param base: those that the method of Cinder's own base class has
    :param is_property: whether Cinder reads it, and does not call it
    :param calls: the calls of cinder-volume
    :param may_refuse: whether ``NotImplementedError`` is an answer that Cinder can do with
    """

    declared: inspect.Signature
    in_interface: bool = True
    base: inspect.Signature | None = None
    is_property: bool = False
    calls: tuple[Call, ...] = ()
    may_refuse: bool = False

    def told(self, name: str) -> str:
        """Return what is expected of the method ``name``, for a person."""
        if self.is_property:
            return f'{name}, a property'
        words = f'{name}{self.declared}'
        if self.base is None or self.base == self.declared:
            return words
        return f"{words}; {name}{self.base} in Cinder's base class"


@dataclasses.dataclass(frozen=True)
class Contract:
    """Methods that belong together.

    Unless it is mandatory, a class makes the contract its own by deriving from one of ``mixins``,
    by a method of its own among ``signs``, or by reporting one of ``capabilities`` as true.

    :param flag: a class attribute that has to be true besides
    :param inherited: whether what Cinder's base classes do is enough
    """

    name: str
    demands: Mapping[str, Demand]
    mandatory: bool = False
    mixins: tuple[type, ...] = ()
    signs: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()
    flag: str | None = None
    inherited: bool = True


@dataclasses.dataclass(frozen=True)
class Feature:
    """A contract that Cinder has no interface for; fields are as those of :class:`Contract`."""

    name: str
    methods: tuple[str, ...]
    signs: tuple[str, ...]
    capabilities: tuple[str, ...] = ()
    flag: str | None = None


#: From ``REPLICATION_FEATURE_CHECKERS`` and the documentation of ``BaseVD``, and from Cinder's
#: contributor guide ("Replication", "High availability").
FEATURES = (
    Feature('replication', ('failover_host',), ('failover_host',), ('replication_enabled',)),
    Feature(
        'replication in a cluster',
        ('failover', 'failover_completed'),
        ('failover_host', 'failover', 'failover_completed'),
        flag='SUPPORTS_ACTIVE_ACTIVE',
    ),
    Feature(
        'replication of groups',
        ('enable_replication', 'disable_replication', 'failover_replication'),
        ('enable_replication', 'disable_replication', 'failover_replication'),
        ('group_replication_enabled', 'consistent_group_replication_enabled'),
    ),
    Feature(
        'attachment of snapshots for backups',
        (
            'create_export_snapshot',
            'initialize_connection_snapshot',
            'terminate_connection_snapshot',
            'remove_export_snapshot',
        ),
        ('initialize_connection_snapshot', 'terminate_connection_snapshot'),
    ),
)

#: What a driver reports, by the interface that Cinder then relies on.
CAPABILITIES = {'VolumeGroupDriver': frozenset({'consistent_group_snapshot_enabled'})}

#: The minimum features of Cinder's contributor guide that no interface has: "Clone Volume".
MINIMUM = frozenset({'create_cloned_volume'})
