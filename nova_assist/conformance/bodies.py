# SPDX-License-Identifier: Apache-2.0
"""What a function's body comes to: nothing, a refusal, or another method's; else anything.

Main function: :func:`read`. It reads the source, and takes a function without one for a real one.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap

#: How a method says that it does not do what it is there for.
REFUSAL = 'NotImplementedError'


@dataclasses.dataclass(frozen=True)
class Nothing:
    """A docstring, ``pass``, a bare ``return``."""


@dataclasses.dataclass(frozen=True)
class Refusal:
    """``NotImplementedError`` is raised, whatever is passed."""


@dataclasses.dataclass(frozen=True)
class Delegation:
    """Nothing but a call of another method of the same object."""

    target: str


@dataclasses.dataclass(frozen=True)
class Work:
    """Anything else."""


Body = Nothing | Refusal | Delegation | Work


def read(function: object) -> Body:
    """Return what the body of a function comes to, under its decorators; else it is work."""
    statements = _statements(function)
    if statements is None:
        return Work()
    match [each for each in statements if not _is_idle(each)]:
        case []:
            return Nothing()
        case [*before, ast.Raise(exc=ast.expr() as raised)] if _is_refusal(raised):
            plain = all(isinstance(each, (ast.Assign, ast.Expr)) for each in before)
            return Refusal() if plain else Work()
        case [
            ast.Return(value=ast.Call(func=ast.Attribute(ast.Name('self'), target)))
            | ast.Expr(value=ast.Call(func=ast.Attribute(ast.Name('self'), target)))
        ]:
            return Delegation(target)
    return Work()


def _statements(function: object) -> list[ast.stmt] | None:
    if not callable(function):
        return None
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    match tree.body:
        case [ast.FunctionDef() | ast.AsyncFunctionDef() as definition]:
            return definition.body
    return None


def _is_idle(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None):
            return True
    return False


def _is_refusal(raised: ast.expr) -> bool:
    named = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(named, ast.Name) and named.id == REFUSAL
