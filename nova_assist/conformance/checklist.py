# SPDX-License-Identifier: Apache-2.0
"""The points of Cinder's new driver checklist that a class tells by itself.

Main function: :func:`check`. From Cinder's contributor guide, "New Driver Review Checklist" and
"Basic attributes"; and what ``cinder.interface.util`` reads of each driver for Cinder's own tools.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator
from typing import Any

from oslo_config import cfg

from nova_assist.conformance.findings import Finding, Kind, Severity

NAME = 'driver checklist'
POINTS = (
    'VERSION', 'CI_WIKI_NAME', 'SUPPORTED', 'docstring', 'get_driver_options', 'volumedriver',
)  # fmt: skip


def check(cls: type, *, registered: bool, foundation: Collection[str]) -> Iterator[Finding]:
    """Yield what a class lacks of the checklist.

    :param registered: whether it is decorated with ``cinder.interface.volumedriver``
    :param foundation: modules of Cinder's base classes, whose values say nothing of a driver
    """
    yield from _text(cls, 'VERSION', foundation, 'the version of the driver, such as "1.0.0"')
    yield from _text(cls, 'CI_WIKI_NAME', foundation, 'the name of its third-party CI in the wiki')
    yield from _supported(cls)
    yield from _docstring(cls)
    yield from _options(cls, foundation)
    if not registered:
        yield _finding(
            'volumedriver',
            'decorated with cinder.interface.volumedriver',
            'the class itself is not in the register, whatever its bases are',
            f'Write @interface.volumedriver above class {cls.__name__}.',
        )


def text_of(cls: type, name: str) -> str | None:
    """Return an attribute that is to be a text, ``None`` if it is none."""
    value = getattr(cls, name, None)
    return value if isinstance(value, str) else None


def _text(cls: type, name: str, foundation: Collection[str], what: str) -> Iterator[Finding]:
    owner = _owner(cls, name)
    value = getattr(cls, name, None)
    if owner is None or owner.__module__ in foundation:
        found = 'none' if owner is None else f'only that of {owner.__name__}, {value!r}'
    elif isinstance(value, str) and value.strip():
        return
    else:
        found = repr(value)
    advice = f'Give the class {name}, {what}.'
    yield _finding(name, 'a string with something in it', found, advice)


def _supported(cls: type) -> Iterator[Finding]:
    value = getattr(cls, 'SUPPORTED', True)
    if value is not True:
        yield _finding(
            'SUPPORTED',
            'True, or left to the base class',
            repr(value),
            'Cinder starts it only with enable_unsupported_driver = true. Bring its CI back, and '
            'remove SUPPORTED from the class.',
        )


def _docstring(cls: type) -> Iterator[Finding]:
    if not (vars(cls).get('__doc__') or '').strip():
        yield _finding(
            'docstring',
            'a docstring of the class itself, with its version history',
            'none',
            'Say in one what the driver is for, and what each version brought.',
        )


def _options(cls: type, foundation: Collection[str]) -> Iterator[Finding]:
    owner = _owner(cls, 'get_driver_options')
    inherited = owner is not None and owner.__module__ in foundation
    found = 'only that of BaseVD: options of all drivers' if inherited else _options_fault(cls)
    if found is not None:
        yield _finding(
            'get_driver_options',
            'a list of oslo.config options, each with a help text, without an instance',
            found,
            'Make it a static method that returns the options that the driver reads.',
            Severity.HINT if inherited else Severity.ERROR,
        )


def _options_fault(cls: type) -> str | None:
    """Return what is the matter with the options, ``None`` if nothing is."""
    method = inspect.getattr_static(cls, 'get_driver_options', None)
    if method is None:
        return 'no such method'
    if not isinstance(method, (staticmethod, classmethod)):
        return 'a method of instances'
    try:
        options: Any = cls.get_driver_options()  # type: ignore[attr-defined]
    except Exception as error:
        return f'it fails: {type(error).__name__}: {error}'
    if not isinstance(options, (list, tuple)):
        return f'it returns {type(options).__name__}'
    strange = [repr(each) for each in options if not isinstance(each, cfg.Opt)]
    if strange:
        return f'among them what is no option: {", ".join(strange)}'
    mute = [each.name for each in options if not (each.help or '').strip()]
    return f'options without a help text: {", ".join(mute)}' if mute else None


def _owner(cls: type, name: str) -> type | None:
    return next((each for each in cls.__mro__ if name in vars(each)), None)


def _finding(
    point: str, expected: str, found: str, advice: str, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(Kind.CHECKLIST, severity, NAME, point, expected, found, advice)
