# SPDX-License-Identifier: Apache-2.0
"""The Cinder release that is installed, as contracts; nothing else here imports Cinder.

Main function: :func:`look`. No list of methods is kept here: interfaces, base classes and calls
are those of the release that this interpreter finds.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import inspect
import pkgutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nova_assist.conformance.calls import Call, calls_in
from nova_assist.conformance.contracts import CAPABILITIES, FEATURES, MINIMUM, Contract, Demand
from nova_assist.conformance.errors import NoCinderError
from nova_assist.conformance.methods import Method, Presence
from nova_assist.conformance.methods import look as look_up

#: The interface that every driver has to have; what it inherits will do.
_CORE = 'VolumeDriverCore'

#: Where cinder-volume calls its driver.
_CALLERS = ('volume/manager.py', 'volume/flows/manager', 'volume/volume_utils.py')


@dataclasses.dataclass(frozen=True)
class Release:
    """A Cinder release.

    :param calls: how many calls of its driver cinder-volume has
    :param contracts: the mandatory ones first
    :param foundation: modules of Cinder's base classes, which define no driver of their own
    :param declaring: classes that declare methods and carry out none
    """

    version: str
    folder: str
    calls: int
    contracts: tuple[Contract, ...]
    foundation: frozenset[str]
    declaring: frozenset[type]


def look() -> Release:
    """Import Cinder's interfaces and base classes, and read its calls.

    :raises NoCinderError: there is none, or it can't be imported
    """
    try:
        import cinder
        from cinder import interface, objects

        # As cinder-volume does before it loads a driver, whose annotations may need them.
        objects.register_all()
        from cinder.volume import driver

        return _Reader(interface, driver, Path(cinder.__file__).parent).release()
    except Exception as error:
        raise NoCinderError(
            f'cannot read the interfaces of Cinder: {type(error).__name__}: {error}; install the '
            'Cinder release that the driver is to be compared with for this interpreter, such as '
            "pip install 'cinder==28.*'"
        ) from error


def is_registered(cls: type) -> bool:
    """Tell whether a class is decorated with ``cinder.interface.volumedriver``."""
    from cinder import interface

    registered: bool = cls in interface._volume_register
    return registered


class _Reader:
    """Reads one Cinder."""

    def __init__(self, interface: Any, base: Any, folder: Path) -> None:
        self._folder = folder
        self._bases: tuple[type, ...] = (base.BaseVD, base.VolumeDriver)
        self._interfaces = list(_interfaces(interface))
        self._mixins = [each for each in base.VolumeDriver.__bases__ if each is not base.BaseVD]
        self._calls: defaultdict[str, list[Call]] = defaultdict(list)
        for call in _calls(folder):
            self._calls[call.method].append(call)

    def release(self) -> Release:
        contracts = [*map(self._of_interface, self._interfaces), *self._features()]
        claiming = {mixin for contract in contracts for mixin in contract.mixins}
        # Those that an interface has the methods of are told by it.
        contracts += [self._of_mixin(each) for each in self._mixins if each not in claiming]
        told = {name for contract in contracts for name in contract.demands}
        contracts.insert(0, self._of_base(told))
        contracts.sort(key=lambda contract: (not contract.mandatory, contract.name != _CORE))
        if contracts[0].name != _CORE or not self._calls:
            # Nothing would be found of any driver, for nothing would be looked at.
            raise LookupError(f'no {_CORE}, or no call of a driver, in {self._folder}')
        modules = {each.__module__ for each in (*self._bases, *self._interfaces)}
        return Release(
            version=importlib.metadata.version('cinder'),
            folder=str(self._folder),
            calls=sum(map(len, self._calls.values())),
            contracts=tuple(contracts),
            foundation=frozenset(modules | {'abc', 'cinder.interface.base'}),
            declaring=frozenset([*self._interfaces, *self._mixins]),
        )

    def _of_interface(self, interface: type) -> Contract:
        core = interface.__name__ == _CORE
        demands = {
            name: self._demand(look_up(interface, name), core and self._expects_refusal(name))
            for name in _functions(interface)
        }
        mixins = [each for each in self._mixins if demands.keys() <= set(_functions(each))]
        return Contract(
            name=interface.__name__,
            demands=demands,
            mandatory=core,
            mixins=(interface, *mixins),
            signs=frozenset(demands),
            capabilities=CAPABILITIES.get(interface.__name__, frozenset()),
        )

    def _of_mixin(self, mixin: type) -> Contract:
        methods = [look_up(mixin, name) for name in _functions(mixin)]
        demands = {
            method.name: self._demand(method)
            for method in methods
            if method.presence is not Presence.IMPLEMENTED
        }
        return Contract(mixin.__name__, demands, mixins=(mixin,), inherited=False)

    def _features(self) -> Iterator[Contract]:
        for feature in FEATURES:
            yield Contract(
                name=feature.name,
                demands={name: self._demand_of_base(name, False) for name in feature.methods},
                signs=frozenset(feature.signs),
                capabilities=frozenset(feature.capabilities),
                flag=feature.flag,
            )

    def _of_base(self, told: set[str]) -> Contract:
        """Return the rest of what Cinder calls, or lets drivers override."""
        base = self._bases[0]
        names = [name for name in _functions(base) if not name.startswith('_')]
        names += [name for name in self._calls if self._of_cinder(name) is not None]
        return Contract(
            name=base.__name__,
            demands={
                name: self._demand_of_base(name, name not in MINIMUM)
                for name in names
                if name not in told
            },
            mandatory=True,
        )

    def _demand_of_base(self, name: str, may_refuse: bool) -> Demand:
        method = self._of_cinder(name)
        if method is None:
            raise LookupError(f'cinder.volume.driver has no method {name}')
        wanted = method.presence is Presence.ABSTRACT
        return self._demand(method, may_refuse and not wanted, in_interface=False)

    def _demand(
        self, declared: Method, may_refuse: bool = False, in_interface: bool = True
    ) -> Demand:
        base = self._of_cinder(declared.name)
        return Demand(
            declared=declared.signature or inspect.Signature(),
            in_interface=in_interface,
            base=base.signature if base else None,
            is_property=base.is_property if base else False,
            calls=tuple(self._calls.get(declared.name, ())),
            may_refuse=may_refuse,
        )

    def _expects_refusal(self, name: str) -> bool:
        calls = self._calls.get(name, ())
        return bool(calls) and all(call.may_be_refused for call in calls)

    def _of_cinder(self, name: str) -> Method | None:
        """Return a method of Cinder's base classes."""
        found = (look_up(base, name) for base in self._bases)
        return next((each for each in found if each.presence is not Presence.ABSENT), None)


def _interfaces(package: Any) -> Iterator[type]:
    """Yield the interfaces of volume drivers."""
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith('volume_'):
            content: Mapping[str, Any] = vars(
                importlib.import_module(f'{package.__name__}.{module.name}')
            )
            for each in content.values():
                if inspect.isclass(each) and each.__module__.endswith(f'.{module.name}'):
                    yield each


def _functions(cls: type) -> list[str]:
    """Return the names of what a class itself defines as methods, in order."""
    return [
        name
        for name, value in vars(cls).items()
        if not name.startswith('__')
        and (inspect.isfunction(value) or isinstance(value, (staticmethod, classmethod)))
    ]


def _calls(folder: Path) -> Iterator[Call]:
    for place in _CALLERS:
        path = folder / place
        for file in sorted(path.rglob('*.py')) if path.is_dir() else [path]:
            name = str(file.relative_to(folder.parent))
            yield from calls_in(file.read_text(encoding='utf-8'), name)
