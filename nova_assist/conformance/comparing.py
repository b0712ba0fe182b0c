# SPDX-License-Identifier: Apache-2.0
"""Whether a method that is there can be used as Cinder uses it; main function: :func:`compare`."""

from __future__ import annotations

from collections.abc import Sequence

from nova_assist.conformance.contracts import Demand
from nova_assist.conformance.findings import Severity
from nova_assist.conformance.methods import Method
from nova_assist.conformance.signatures import Difference, Weight, differences


def compare(method: Method, demand: Demand) -> tuple[Severity, str] | None:
    """Return how a method differs from what Cinder takes it for, ``None`` if it doesn't.

    It is an error if a call of this release fails or gives values to the wrong parameters, or
    where no call is known. Else it is a hint: the method is not as the interface declares it.
    """
    if demand.is_property or method.is_property:
        return _as_property(method, demand)
    if method.signature is None:
        return Severity.ERROR, 'Python can not tell its parameters'
    different = _relevant(differences(method.signature, demand.declared, demand.base), demand)
    obstacles = [each for call in demand.calls if (each := call.obstacle(method.signature))]
    if not different and not obstacles:
        return None
    weights = {each.weight for each in different}
    unseen = Weight.SHAPE in weights and not demand.calls
    wrong = obstacles or Weight.ORDER in weights or unseen
    # Calls that fail do so in the same way, mostly.
    clauses = '; '.join([*map(str, different), *obstacles[:1]])
    return Severity.ERROR if wrong else Severity.HINT, clauses


def _as_property(method: Method, demand: Demand) -> tuple[Severity, str] | None:
    if demand.is_property == method.is_property:
        return None
    if demand.is_property:
        return Severity.ERROR, 'it is a method, and Cinder reads a property'
    return Severity.ERROR, 'it is a property, and Cinder calls a method'


def _relevant(found: Sequence[Difference], demand: Demand) -> Sequence[Difference]:
    """Return what counts: of a method in no interface, only whether it can be called."""
    if demand.in_interface:
        return found
    return [] if demand.calls else [each for each in found if each.weight is not Weight.NAME]
