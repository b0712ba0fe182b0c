# SPDX-License-Identifier: Apache-2.0
"""Compares a driver's class with a Cinder release; main function: :func:`judge`.

What the release demands is left to :mod:`nova_assist.conformance.release`, how a method is used to
:mod:`nova_assist.conformance.comparing`, the class's attributes to
:mod:`nova_assist.conformance.checklist`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nova_assist.conformance import checklist, release
from nova_assist.conformance.claims import Claimant
from nova_assist.conformance.comparing import compare
from nova_assist.conformance.contracts import Contract, Demand
from nova_assist.conformance.findings import Finding, Kind, Looked, Report, Severity
from nova_assist.conformance.loading import load
from nova_assist.conformance.methods import Method, Presence, look
from nova_assist.conformance.release import Release


def judge(path: str) -> Report:
    """Load the class at ``path``, and tell what Cinder expects of it in vain.

    :raises ConformanceError: it can't be loaded, or there is no Cinder
    """
    cinder = release.look()
    cls = load(path)
    judgement = _Judgement(cls, cinder)
    points = checklist.check(
        cls, registered=release.is_registered(cls), foundation=cinder.foundation
    )
    listed = Looked(checklist.NAME, len(checklist.POINTS), 'mandatory')
    return Report(
        driver=path,
        release=cinder.version,
        folder=cinder.folder,
        calls=cinder.calls,
        looked=(*judgement.looked(), listed),
        findings=(*judgement.findings(), *points),
        version=checklist.text_of(cls, 'VERSION'),
        ci_wiki_name=checklist.text_of(cls, 'CI_WIKI_NAME'),
    )


class _Judgement:
    def __init__(self, cls: type, cinder: Release) -> None:
        self._cls = cls
        self._cinder = cinder
        claimant = Claimant(cls, cinder.foundation)
        self._reasons = {each.name: claimant.reason(each) for each in cinder.contracts}

    def looked(self) -> Iterator[Looked]:
        for contract in self._cinder.contracts:
            yield Looked(contract.name, len(contract.demands), self._reasons[contract.name])

    def findings(self) -> Iterator[Finding]:
        """Yield what is the matter, each method once: contracts share some."""
        told: set[str] = set()
        for contract in self._cinder.contracts:
            if self._reasons[contract.name] is None:
                continue
            for name, demand in contract.demands.items():
                finding = None if name in told else self._finding(contract, name, demand)
                if finding is not None:
                    told.add(name)
                    yield finding
        for name in sorted(getattr(self._cls, '__abstractmethods__', frozenset()) - told):
            yield self._unfinished(look(self._cls, name))

    def _unfinished(self, method: Method) -> Finding:
        """Return that a class, having an abstract method of its own, can't be made."""
        return Finding(
            Kind.MISSING,
            Severity.ERROR,
            _owner(method),
            method.name,
            'no abstract method is left, so that Cinder can make a driver of the class',
            f'only the abstract one of {_owner(method)}',
            f'Define it in class {self._cls.__name__}.',
        )

    def _finding(self, contract: Contract, name: str, demand: Demand) -> Finding | None:
        method = look(self._cls, name)
        trouble = self._trouble(contract, method, demand)
        if trouble is None:
            return None
        kind, severity, found = trouble
        advice = self._advice(contract, kind)
        return Finding(kind, severity, contract.name, name, demand.told(name), found, advice)

    def _trouble(
        self, contract: Contract, method: Method, demand: Demand
    ) -> tuple[Kind, Severity, str] | None:
        """Return what is the matter with a method."""
        absence = self._absence(contract, method, demand)
        if absence is not None:
            return Kind.MISSING, Severity.ERROR, absence
        owner = method.owner
        if owner is None or method.presence is Presence.REFUSING:
            found = f'that of {_owner(method)} raises NotImplementedError'
            return None if demand.may_refuse else (Kind.NOT_IMPLEMENTED, Severity.ERROR, found)
        # What a driver has from Cinder's base classes is not its own fault.
        compared = None if owner.__module__ in self._cinder.foundation else compare(method, demand)
        if compared is None:
            return None
        severity, clauses = compared
        return Kind.SIGNATURE, severity, f'{method} of {_owner(method)}: {clauses}'

    def _absence(self, contract: Contract, method: Method, demand: Demand) -> str | None:
        """Return in which way a class is without a method, ``None`` if it has it."""
        owner = method.owner
        if owner is None:
            return 'nothing of this name'
        if method.presence is Presence.NO_METHOD and not demand.is_property:
            return f'{_owner(method)} has something of this name that can not be called'
        if method.presence is Presence.ABSTRACT:
            return f'only the abstract one of {_owner(method)}'
        if method.presence is Presence.EMPTY and owner in self._cinder.declaring:
            return f'only the declaration of {_owner(method)}'
        if not contract.inherited and owner.__module__ in self._cinder.foundation:
            return f'only the default of {_owner(method)}'
        return None

    def _advice(self, contract: Contract, kind: Kind) -> str:
        if kind is Kind.SIGNATURE:
            return (
                'Give it the parameters that are expected, let it take what is passed by the '
                'calls, and make all others optional.'
            )
        advice = f'Define it in class {self._cls.__name__}'
        if contract.mandatory:
            return f'{advice}: every driver has to have it.'
        reason = self._reasons[contract.name]
        return f'{advice}, or do not claim {contract.name}, which the class does: it {reason}.'


def _owner(method: Method) -> str:
    return method.owner.__qualname__ if method.owner else 'nobody'
