# SPDX-License-Identifier: Apache-2.0
"""Which contracts a class makes its own, and by what.

Main class: :class:`Claimant`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Collection, Iterator

from nova_assist.conformance.contracts import Contract
from nova_assist.conformance.methods import Presence, look


class Claimant:
    """A driver's class, seen as who claims features.

    :param foundation: the modules of Cinder's base classes: what is defined there claims nothing
    """

    def __init__(self, cls: type, foundation: Collection[str]) -> None:
        self._cls = cls
        self._own = [
            each
            for each in cls.__mro__
            if each is not object and each.__module__ not in foundation
        ]
        self._reported = frozenset(name for each in self._own for name in _reported(each))

    def reason(self, contract: Contract) -> str | None:
        """Return by what the class makes a contract its own, ``None`` if it doesn't."""
        if contract.mandatory:
            return 'mandatory'
        if contract.flag is not None and getattr(self._cls, contract.flag, False) is not True:
            return None
        reasons = [*self._derived(contract), *self._defined(contract), *self._declared(contract)]
        if contract.flag is not None and reasons:
            reasons.append(f'sets {contract.flag}')
        return ', '.join(reasons) or None

    def has_own(self, name: str) -> bool:
        """Tell whether the class itself, or a base of its own, carries out a method."""
        method = look(self._cls, name)
        return method.presence is Presence.IMPLEMENTED and method.owner in self._own

    def _derived(self, contract: Contract) -> Iterator[str]:
        # Cinder's VolumeDriver derives from all mix-ins, and so tells nothing.
        direct = {base for each in self._own for base in each.__bases__}
        for mixin in contract.mixins:
            if mixin in direct:
                yield f'derives from {mixin.__name__}'

    def _defined(self, contract: Contract) -> Iterator[str]:
        own = sorted(name for name in contract.signs if self.has_own(name))
        if own:
            yield f'defines {", ".join(own)}'

    def _declared(self, contract: Contract) -> Iterator[str]:
        reported = sorted(contract.capabilities & self._reported)
        if reported:
            yield f'reports {", ".join(reported)}'


def _reported(cls: type) -> Iterator[str]:
    """Yield the names that a class's source gives the value ``True``, as in statistics."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return
    for node in ast.walk(tree):
        for pair in _pairs(node):
            match pair:
                case ast.Constant(value=str(name)), ast.Constant(value=True):
                    yield name


def _pairs(node: ast.AST) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    """Yield keys and values of a dictionary that is written out, or set one by one."""
    match node:
        case ast.Dict(keys=keys, values=values):
            yield from zip(keys, values, strict=True)
        case ast.Assign(targets=[ast.Subscript(slice=key)], value=value):
            yield key, value
