# SPDX-License-Identifier: Apache-2.0
"""Compares the parameters of a method with those that an interface declares; pure.

Main function: :func:`differences`, main class: :class:`Difference`. Signatures are without
``self``; annotations are of no account. What Cinder really passes is left to
:mod:`nova_assist.conformance.calls`.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
from collections.abc import Iterator, Sequence

_Parameter = inspect.Parameter
_BY_PLACE = (_Parameter.POSITIONAL_ONLY, _Parameter.POSITIONAL_OR_KEYWORD)


class Weight(enum.Enum):
    """What a difference means to who calls the method."""

    NAME = 'name'  # none, if values are passed by place
    SHAPE = 'shape'  # depends on what is passed
    ORDER = 'order'  # values are taken for others


@dataclasses.dataclass(frozen=True)
class Difference:
    """In which way a method can't stand in for another, as a clause."""

    weight: Weight
    text: str

    def __str__(self) -> str:
        return self.text


def differences(
    found: inspect.Signature,
    declared: inspect.Signature,
    base: inspect.Signature | None = None,
) -> tuple[Difference, ...]:
    """Return in which ways ``found`` can't stand in for ``declared``.

    ``*args`` and ``**kwargs`` take what isn't named. More parameters than declared are fine as
    long as they are optional.

    :param base: the method of Cinder's own base class. It tells how the interface is meant where
        the two differ: other names that it has for parameters, and optional parameters that it
        does without, are good for any driver.
    """
    return tuple(_Comparison(found, declared, base).differences())


class _Comparison:
    def __init__(
        self,
        found: inspect.Signature,
        declared: inspect.Signature,
        base: inspect.Signature | None,
    ) -> None:
        self._mine = _placed(found)
        self._wanted = _placed(declared)
        self._base = None if base is None else _placed(base)
        kinds = {parameter.kind for parameter in found.parameters.values()}
        self._any_place = _Parameter.VAR_POSITIONAL in kinds
        self._any_name = _Parameter.VAR_KEYWORD in kinds
        self._by_name = {
            name: parameter
            for name, parameter in found.parameters.items()
            if parameter.kind is _Parameter.KEYWORD_ONLY
        }

    def differences(self) -> Iterator[Difference]:
        pairs = self._pairs()
        for mine, wanted in pairs:
            yield from self._names(mine, wanted)
            yield from self._defaults(mine, wanted)
        known = {mine.name for mine, _ in pairs}
        met = {wanted.name for _, wanted in pairs}
        yield from self._lacking([each for each in self._wanted if each.name not in met])
        yield from self._order(pairs, known)
        yield from self._further(known)

    def _pairs(self) -> list[tuple[inspect.Parameter, inspect.Parameter]]:
        """Return which of the class's parameters stands for which: by name, else by place."""
        mine = {each.name: each for each in self._mine}
        names = {each.name for each in self._wanted}
        pairs = []
        for place, wanted in enumerate(self._wanted):
            if wanted.name in mine:
                pairs.append((mine[wanted.name], wanted))
            elif place < len(self._mine) and self._mine[place].name not in names:
                pairs.append((self._mine[place], wanted))
        return pairs

    def _base_of(self, wanted: inspect.Parameter) -> inspect.Parameter | None:
        """Return what the base class has for a declared parameter."""
        place = self._wanted.index(wanted)
        if self._base is None or place >= len(self._base):
            return None
        return self._base[place]

    def _names(self, mine: inspect.Parameter, wanted: inspect.Parameter) -> Iterator[Difference]:
        base = self._base_of(wanted)
        if mine.name not in {wanted.name, base.name if base else wanted.name}:
            yield Difference(Weight.NAME, f'{mine.name} should be named {wanted.name}')

    def _defaults(
        self, mine: inspect.Parameter, wanted: inspect.Parameter
    ) -> Iterator[Difference]:
        if wanted.default is _Parameter.empty:
            return
        base = self._base_of(wanted)
        if mine.default is _Parameter.empty:
            yield _shape(f'{mine.name} should be optional, with the default {wanted.default!r}')
        elif mine.default != wanted.default and (base is None or mine.default != base.default):
            yield _shape(f'the default of {mine.name} is {mine.default!r}, not {wanted.default!r}')

    def _lacking(self, unmet: Sequence[inspect.Parameter]) -> Iterator[Difference]:
        for wanted in unmet:
            optional = wanted.default is not _Parameter.empty
            done_without = self._base is not None and self._base_of(wanted) is None
            if self._any_place or (optional and (self._any_name or done_without)):
                continue
            if wanted.name in self._by_name:
                yield _shape(f'{wanted.name} is taken by name only')
            else:
                yield _shape(f'{wanted.name} is missing')

    def _order(
        self, pairs: Sequence[tuple[inspect.Parameter, inspect.Parameter]], known: set[str]
    ) -> Iterator[Difference]:
        expected = [mine.name for mine, _ in pairs]
        actual = [
            each.name
            for each in self._mine
            if each.name in known or each.default is not _Parameter.empty
        ]
        if actual[: len(expected)] != expected:
            names = ', '.join(expected)
            yield Difference(Weight.ORDER, f'{names} should come first, in this order')

    def _further(self, known: set[str]) -> Iterator[Difference]:
        allowed = {each.name for each in self._base or ()} | {each.name for each in self._wanted}
        for mine in [*self._mine, *self._by_name.values()]:
            if mine.default is _Parameter.empty and mine.name not in known | allowed:
                yield _shape(f'{mine.name} is required, and not declared')


def _shape(text: str) -> Difference:
    return Difference(Weight.SHAPE, text)


def _placed(signature: inspect.Signature) -> list[inspect.Parameter]:
    return [each for each in signature.parameters.values() if each.kind in _BY_PLACE]
