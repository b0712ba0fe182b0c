# SPDX-License-Identifier: Apache-2.0
"""A cloud of others as a testbed; main class: :class:`RemoteTestbed`, from a :class:`Choice`.

What was chosen is found in the cloud before anything is made there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from cinderclient import exceptions as cinder_errors
from keystoneauth1 import exceptions as session_errors
from novaclient import exceptions as nova_errors

from nova_assist.checks.judging import Judge
from nova_assist.checks.pattern import Pattern
from nova_assist.checks.reader import Reader
from nova_assist.checks.records import Stamps
from nova_assist.checks.scene import Ownership
from nova_assist.remote import hearing
from nova_assist.remote.errors import LackingError
from nova_assist.remote.guests import ConsoleGuests
from nova_assist.remote.login import Login
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.errors import NotPossible
from nova_assist.scenarios.guests import Guests
from nova_assist.scenarios.image_service import ImageService
from nova_assist.scenarios.logs import UnseenLog
from nova_assist.scenarios.waiting import Patience

#: Seconds that an operation may take, at most, and once something has failed; where processors
#: are emulated, a guest takes a minute to boot.
_PATIENCE = 600.0
_HURRIED = 120.0
_INTERVAL = 0.5

_REFUSALS = (
    cinder_errors.ClientException,
    nova_errors.ClientException,
    session_errors.ClientException,
)


@dataclasses.dataclass(frozen=True)
class Choice:
    """What of a cloud is to be used.

    :ivar types: the volume type that makes volumes of a format, by format
    :ivar image: name or id of the image that has the console guest
    :ivar flavor: name or id of the flavor to boot it with
    :ivar share: the folder in which the volumes' files are seen, ``None`` if they aren't
    """

    types: Mapping[str, str]
    image: str
    flavor: str
    share: Path | None


class RemoteTestbed:
    """A cloud that somebody has logged in to.

    :param scratch: a folder for passing files
    :raises LackingError: the cloud hasn't what was chosen, or doesn't let the user use it
    """

    def __init__(self, login: Login, choice: Choice, scratch: Path) -> None:
        self._login = login
        self._choice = choice
        self._scratch = scratch
        self._types = {
            image_format: _found('volume type', name, self._volume_types())
            for image_format, name in choice.types.items()
        }
        self._image = _image(login.api.images, choice.image)
        self._flavor = _found('flavor', choice.flavor, self._flavors())
        self._check_administrator()

    def told(self) -> Mapping[str, str]:
        """Return what the report says of the cloud, and of what is looked at in it."""
        choice = self._choice
        services = {
            name: f'{found.url}, microversion {_version(found.max_microversion)}'
            for name in ('block-storage', 'compute')
            for found in [self._login.endpoint(name)]
        }
        types = {f'{each} volumes': f'volume type {name}' for each, name in choice.types.items()}
        return {
            'name': self._login.name,
            **services,
            **types,
            'guests': f'image {choice.image}, flavor {choice.flavor}',
            **(_seen(choice.share) if choice.share else hearing.told()),
            'owners and modes': 'not judged: nobody said whose the files should be',
            'logs': 'not seen',
        }

    def ended(self) -> str:
        """Return nothing: a cloud of others isn't watched."""
        return ''

    def lanes(self, formats: Sequence[str]) -> set[None]:
        """Return what all scenarios have in common: one is played at a time."""
        return {None}

    def judges(self, formats: Sequence[str]) -> AbstractContextManager[Sequence[Judge]]:
        """Return no further judges."""
        return contextlib.nullcontext(())

    def ownership(self, image_format: str) -> Ownership | None:
        """Return nothing: who runs a cloud of others, and as whom, isn't known."""
        return None

    def prepare(
        self, scenario: str, formats: Sequence[str], rng: random.Random, stop: threading.Event
    ) -> tuple[Context, Guests]:
        """Return the surroundings of a scenario, and guests that are heard on their consoles."""
        for each in formats:
            if each not in self._types:
                raise NotPossible(f'no volume type of {each} volumes is named (--volume-type)')
        stamps = Stamps()
        context = Context(
            scenario=scenario,
            image_format=formats[0],
            types={each: self._types[each] for each in formats},
            api=self._login.api,
            patience=Patience(
                stop,
                seconds=_PATIENCE,
                hurried_seconds=_HURRIED,
                interval=_INTERVAL,
                tidy=True,
            ),
            cinder_log=UnseenLog('Cinder'),
            compute_log=UnseenLog('Nova'),
            ended=self.ended,
            seen=self._choice.share,
            scratch=self._scratch,
            pattern=Pattern(rng.getrandbits(64)),
            reader=Reader(self._scratch, stamps),
            rng=rng,
            alone=False,
        )
        return context, ConsoleGuests(context, self._image, self._flavor, stamps)

    def _volume_types(self) -> Mapping[str, str]:
        with _asking('its volume types'):
            return {each.id: each.name for each in self._login.api.cinder.volume_types.list()}

    def _flavors(self) -> Mapping[str, str]:
        with _asking('its flavors'):
            # None: private ones too, as volume types are listed anyway.
            flavors = self._login.api.nova.flavors.list(is_public=None)
        return {each.id: each.name for each in flavors}

    def _check_administrator(self) -> None:
        """See that the user may do what scenarios do: it needs an administrator's rights.

        Names of pools are for those alone; so is to reset a status.
        """
        with _asking('its storage pools, which an administrator may (name one with --cloud-name)'):
            self._login.api.backends()


def _seen(share: Path) -> Mapping[str, str]:
    return {
        'data': 'records that the guests write: by what they say on their consoles, and in the '
        f'files in {share}',
        'chains': f'by records and headers in {share}',
        'left-over files': f'those in {share} with the id of a volume that a scenario has made',
    }


@contextlib.contextmanager
def _asking(what: str) -> Any:
    try:
        yield
    except _REFUSALS as error:
        raise LackingError(f'the cloud does not tell {what}: {error}') from error


def _found(what: str, name: str, known: Mapping[str, str]) -> str:
    """Return the id of what has this name or id.

    :raises LackingError: there is none, or there are several of that name
    """
    found = [ident for ident, called in known.items() if name in (ident, called)]
    if len(found) != 1:
        there = ', '.join(sorted(set(known.values()))) or 'none'
        number = 'no' if not found else f'{len(found)} times the'
        raise LackingError(f'the cloud has {number} {what} {name!r}; there are: {there}')
    return found[0]


def _image(service: ImageService, name: str) -> str:
    """Return the id of an image.

    :raises LackingError: there is none, or there are several of that name
    """
    with _asking(f'whether it has image {name!r}'):
        ids = service.ids(name)
        if not ids and service.status(name) is not None:
            ids = [name]
    if len(ids) != 1:
        number = 'no' if not ids else f'{len(ids)} times the'
        raise LackingError(
            f"the cloud has {number} image {name!r}: make the console guest's, and name it or "
            'its id with --image'
        )
    return ids[0]


def _version(number: tuple[int, int] | None) -> str:
    return '.'.join(map(str, number)) if number else 'none'
