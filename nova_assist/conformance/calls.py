# SPDX-License-Identifier: Apache-2.0
"""How cinder-volume calls its driver, read from its source; pure.

Main class: :class:`Call`. An interface can be out of date; what the installed Cinder passes is
what a driver has to take.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Sequence
from typing import TypeGuard

from nova_assist.conformance.bodies import REFUSAL

_DRIVERS = ('self.driver', 'driver')


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of a method of the driver.

    :param positional: how many values are passed by place
    :param whole: whether that is all; not where ``*`` or ``**`` passes more
    :param text: the call as it is written
    :param where: file and line
    :param may_be_refused: whether ``NotImplementedError`` is expected there
    """

    method: str
    positional: int
    keywords: tuple[str, ...]
    whole: bool
    text: str
    where: str
    may_be_refused: bool

    def obstacle(self, signature: inspect.Signature) -> str | None:
        """Return why a method of this signature (without ``self``) can't be called so."""
        bind = signature.bind if self.whole else signature.bind_partial
        try:
            bind(*[None] * self.positional, **dict.fromkeys(self.keywords))
        except TypeError as error:
            return f'Cinder calls {self.text} ({self.where}): {error}'
        return None


def calls_in(source: str, name: str) -> Sequence[Call]:
    """Return the calls ``self.driver.METHOD(...)`` and ``driver.METHOD(...)`` of a module.

    :param name: the module's file, for the places
    :raises SyntaxError: it is no Python that this interpreter reads
    """
    reader = _Reader(name)
    reader.visit(ast.parse(source))
    return reader.calls


class _Reader(ast.NodeVisitor):
    def __init__(self, name: str) -> None:
        self.calls: list[Call] = []
        self._name = name
        self._may_be_refused = False

    def visit_Try(self, node: ast.Try) -> None:
        outer = self._may_be_refused
        self._may_be_refused = outer or any(map(_takes_refusals, node.handlers))
        for statement in node.body:
            self.visit(statement)
        self._may_be_refused = outer
        for other in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(other)

    def visit_Call(self, node: ast.Call) -> None:
        if _is_of_driver(node.func):
            self.calls.append(self._call(node, node.func.attr))
        self.generic_visit(node)

    def _call(self, node: ast.Call, method: str) -> Call:
        places = [each for each in node.args if not isinstance(each, ast.Starred)]
        names = [each.arg for each in node.keywords if each.arg is not None]
        return Call(
            method=method,
            positional=len(places),
            keywords=tuple(names),
            whole=len(places) == len(node.args) and len(names) == len(node.keywords),
            text=ast.unparse(node).removeprefix('self.').removeprefix('driver.'),
            where=f'{self._name}:{node.lineno}',
            may_be_refused=self._may_be_refused,
        )


def _is_of_driver(called: ast.expr) -> TypeGuard[ast.Attribute]:
    return isinstance(called, ast.Attribute) and ast.unparse(called.value) in _DRIVERS


def _takes_refusals(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return False
    return any(
        isinstance(part, ast.Name) and part.id == REFUSAL for part in ast.walk(handler.type)
    )
