# SPDX-License-Identifier: Apache-2.0
"""How a class has a method: its own, inherited, abstract, or only there to refuse.

Main function: :func:`look`. Nothing of the class is called.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
from typing import Any

from nova_assist.conformance import bodies

_REFUSAL = bodies.Refusal()


class Presence(enum.Enum):
    """How a class has a method."""

    IMPLEMENTED = 'implemented'
    ABSENT = 'absent'
    ABSTRACT = 'abstract'
    EMPTY = 'empty'
    REFUSING = 'refusing'
    NO_METHOD = 'no method'


@dataclasses.dataclass(frozen=True)
class Method:
    """A name looked up in a class.

    :param owner: the class of the hierarchy that defines it
    :param is_property: whether it is read: a property, or a value
    :param signature: without ``self``; none where it is read, or Python can't tell
    """

    name: str
    presence: Presence
    owner: type | None = None
    is_property: bool = False
    signature: inspect.Signature | None = None

    def __str__(self) -> str:
        return f'{self.name}{self.signature or ""}'


def look(cls: type, name: str) -> Method:
    """Return how ``cls`` has ``name``."""
    for owner in cls.__mro__:
        if name in vars(owner):
            return _method(cls, name, owner, vars(owner)[name])
    return Method(name, Presence.ABSENT)


def plain(signature: inspect.Signature) -> inspect.Signature:
    """Return a signature without annotations: names and defaults are what callers meet."""
    bare = [
        each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()
    ]
    return inspect.Signature(bare)


def _method(cls: type, name: str, owner: type, value: Any) -> Method:
    if isinstance(value, property):
        abstract = getattr(value, '__isabstractmethod__', False)
        presence = Presence.ABSTRACT if abstract else Presence.IMPLEMENTED
        return Method(name, presence, owner, is_property=True)
    function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
    if not callable(function):
        # A partialmethod, say, makes what can be called.
        function = getattr(cls, name, None)
    if not callable(function):
        return Method(name, Presence.NO_METHOD, owner, is_property=True)
    signature = _signature(function, bound=not isinstance(value, staticmethod))
    return Method(name, _presence(cls, function), owner, signature=signature)


def _presence(cls: type, function: Any) -> Presence:
    if getattr(function, '__isabstractmethod__', False):
        return Presence.ABSTRACT
    match bodies.read(function):
        case bodies.Nothing():
            return Presence.EMPTY
        case bodies.Refusal():
            return Presence.REFUSING
        case bodies.Delegation(target) if bodies.read(getattr(cls, target, None)) == _REFUSAL:
            return Presence.REFUSING
    return Presence.IMPLEMENTED


def _signature(function: Any, *, bound: bool) -> inspect.Signature | None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    parameters = list(signature.parameters.values())
    takes_self = parameters and parameters[0].kind in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )
    return plain(
        signature.replace(parameters=parameters[1:] if bound and takes_self else parameters)
    )
