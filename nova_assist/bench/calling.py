# SPDX-License-Identifier: Apache-2.0
"""Has a cloud's Cinder do something, and times it and the driver's call that it makes.

Main class: :class:`Caller`.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence

from cinderclient import exceptions as cinder_errors
from keystoneauth1 import exceptions as session_errors
from novaclient import exceptions as nova_errors

from nova_assist.bench import nova_watch, stopwatch, timeline
from nova_assist.bench.errors import BenchError
from nova_assist.bench.moments import Moment, Watch
from nova_assist.bench.subject import Timed
from nova_assist.bench.waiting import PATIENCE_SECONDS
from nova_assist.cloud.cloud import Cloud

_REFUSALS = (
    cinder_errors.ClientException,
    nova_errors.ClientException,
    session_errors.ClientException,
    sqlite3.Error,
)


class Caller:
    """Times calls in one cloud.

    :param watch: reads what its processes note
    """

    def __init__(self, cloud: Cloud, watch: Watch) -> None:
        self._cloud = cloud
        self._watch = watch

    def make(
        self, what: str, call: str, ask: Callable[[], str], end: Callable[[str], None]
    ) -> tuple[str, Timed]:
        """Have something made; returns its id, and how long it took.

        :param call: the driver's
        :param ask: returns the id
        :param end: waits for the end
        :raises BenchError: it comes to none, or to another one
        """
        self._watch.forget()
        with self.told(what):
            began = time.monotonic()
            subject = ask()
            self.wait(call, subject)
            end(subject)
            ended = time.monotonic()
        return subject, self._timed(call, subject, began, ended)

    def change(
        self,
        what: str,
        call: str,
        subject: str,
        ask: Callable[[], object],
        end: Callable[[], None],
    ) -> Timed:
        """Have something done to what is there, likewise."""

        def asked() -> str:
            ask()
            return subject

        return self.make(what, call, asked, lambda _: end())[1]

    def at_once(
        self,
        what: str,
        call: str,
        ask: Callable[[], Sequence[str]],
        end: Callable[[Sequence[str]], None],
    ) -> tuple[Sequence[str], float]:
        """Have several things done; returns their ids, and the seconds until all are done."""
        self._watch.forget()
        with self.told(what):
            began = time.monotonic()
            subjects = ask()
            for subject in subjects:
                self.wait(call, subject)
            end(subjects)
            return subjects, time.monotonic() - began

    def wait(self, call: str, subject: str, point: str = 'ended') -> Moment:
        """Wait for the end of a driver's call, or another point of it.

        Nobody asks Cinder meanwhile: it has one thread for its API and its drivers.
        """
        return self._watch.until(f'{call} {point}', subject, PATIENCE_SECONDS, self._cloud.check)

    @contextlib.contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Name the driver and the log where something goes wrong.

        :raises BenchError: it does
        :raises nova_assist.cloud.errors.ServiceError: it does because a service has ended
        """
        try:
            yield
        except (BenchError, *_REFUSALS) as error:
            self._cloud.check()
            raise BenchError(
                f'{self._cloud.driver}: {what}: {error}; see {self._cloud.cinder.log}'
            ) from error

    def _timed(self, call: str, subject: str, began: float, ended: float) -> Timed:
        last = self.wait(call, subject)
        first = self.wait(call, subject, 'began').at
        when = {
            timeline.BEGINS: first,
            **through_nova(self._watch.seen(), first),
            timeline.ENDS: last.at,
            timeline.SEEN: ended,
        }
        return Timed(
            whole=ended - began,
            driver=last.details['seconds'],
            processes=last.details['processes'],
            written=last.details['written'],
            syncs=last.details['syncs'],
            syncing=last.details['syncing'],
            left=last.details['left'],
            moments={name: at - began for name, at in when.items()},
        )


def through_nova(seen: Sequence[Moment], began: float) -> dict[str, float]:
    """Return the moments of an operation through Nova, nothing for one without.

    :param seen: what was noted meanwhile, in the order of time
    :param began: when the driver's call did
    """
    asked = _first(seen, nova_watch.ASKED, began)
    if asked is None:
        return {}
    deeds = [each.at for each in seen if each.what == stopwatch.DEED and each.at > began]
    changed = _first(seen, nova_watch.CHANGED, asked)
    found = {
        timeline.LAST_STEP: max((at for at in deeds if at < asked), default=None),
        timeline.ASKED: asked,
        timeline.CHANGED: changed,
        timeline.REPORTED: _first(seen, nova_watch.REPORTED, asked),
        timeline.GOES_ON: min((at for at in deeds if changed and at > changed), default=None),
    }
    return {name: at for name, at in found.items() if at is not None}


def _first(seen: Sequence[Moment], what: str, since: float) -> float | None:
    return next((each.at for each in seen if each.what == what and each.at >= since), None)
