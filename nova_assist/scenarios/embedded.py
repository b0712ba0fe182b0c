# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud as a testbed; main class: :class:`EmbeddedTestbed`.

Whose files should be there, and who looks besides, is left to
:mod:`nova_assist.scenarios.secure`.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from nova_assist.checks.judging import Judge
from nova_assist.checks.pattern import Pattern
from nova_assist.checks.reader import Reader
from nova_assist.checks.scene import Ownership
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.errors import ServiceError
from nova_assist.cloud.shares import ShareView
from nova_assist.scenarios import secure
from nova_assist.scenarios.commanded import CommandedGuests
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.drivers import Drivers
from nova_assist.scenarios.embedded_api import EmbeddedApi
from nova_assist.scenarios.errors import NotPossible
from nova_assist.scenarios.guests import Guests
from nova_assist.scenarios.logs import Log, ServiceLog
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.waiting import Patience


class EmbeddedTestbed:
    """A cloud of this package that is up."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._drivers = self._make_drivers()

    def ended(self) -> str:
        """Return which service has ended by itself, "" if none has."""
        try:
            self._cloud.check()
        except ServiceError as error:
            return str(error)
        return ''

    def lanes(self, formats: Sequence[str]) -> set[Path]:
        """Return the shares: on different ones nothing can meet."""
        return {self._cloud.shares[each].path for each in formats}

    def judges(self, formats: Sequence[str]) -> AbstractContextManager[Sequence[Judge]]:
        """Return the judges of a cloud with separate accounts."""
        return secure.judges(self._cloud, self._shares_of(formats))

    def ownership(self, image_format: str) -> Ownership:
        """Return whose the volumes' files should be."""
        share = self._cloud.shares[image_format]
        return secure.expected_ownership(share, self._cloud.options, self._cloud.accounts)

    def prepare(
        self, scenario: str, formats: Sequence[str], rng: random.Random, stop: threading.Event
    ) -> tuple[Context, Guests]:
        """Return the surroundings of a scenario, and guests that do what they are told."""
        if self._drivers:
            self._drivers.restore()
        cloud, accounts, pattern = self._cloud, self._cloud.accounts, Pattern(rng.getrandbits(64))
        share, *others = self._shares_of(formats)
        api = EmbeddedApi(
            cloud.cinderclient(), cloud.novaclient(), cloud.compute.url, cloud.database
        )
        context = Context(
            scenario=scenario,
            image_format=formats[0],
            types={each: each for each in formats},
            api=api,
            patience=Patience(stop),
            cinder_log=self._cinder_log(),
            compute_log=ServiceLog('compute', cloud.compute.log),
            ended=self.ended,
            seen=share.path,
            scratch=cloud.scratch,
            pattern=pattern,
            reader=Reader(cloud.scratch, pattern, accounts.cinder if accounts else None),
            rng=rng,
            accounts=accounts,
            options=cloud.options,
            others=tuple(other.path for other in others),
            drivers=self._drivers,
        )
        self._check_backends(context)
        return context, CommandedGuests(
            context, api, {each.path: each.name for each in (share, *others)}
        )

    def _make_drivers(self) -> Drivers | None:
        """Return what starts Cinder with other drivers."""
        return Drivers(self._cloud)

    def _cinder_log(self) -> Log:
        return ServiceLog('Cinder', self._cloud.cinder.log)

    def _shares_of(self, formats: Sequence[str]) -> tuple[ShareView, ...]:
        """Return the shares of some backends, each once: they may have one in common."""
        views = (view for each in formats for view in self._cloud.shares_of(each))
        return tuple(dict.fromkeys(views))

    def _check_backends(self, context: Context) -> None:
        with refusals('asking for the backends'):
            backends = context.api.backends()
        if missing := context.types.keys() - backends:
            raise NotPossible(
                f"Cinder's scheduler has no backend {min(missing)!r}; it "
                f'has: {", ".join(sorted(backends)) or "none"}'
            )
