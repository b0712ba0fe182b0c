# SPDX-License-Identifier: Apache-2.0
"""How a call to Cinder is made: as whom, in which microversion, and what becomes of its errors.

Main class: :class:`CinderRest`, over python-cinderclient, whose calls run in threads. Which calls
there are is left to :mod:`nova_assist.compute.cinder`.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from cinderclient import api_versions
from cinderclient import client as cinder_client
from cinderclient import exceptions as cinder_exceptions
from keystoneauth1 import exceptions as auth_exceptions

from nova_assist.compute import errors
from nova_assist.compute.credentials import Credentials

T = TypeVar('T')


@dataclasses.dataclass(frozen=True)
class Version:
    """A microversion.

    :ivar asked_for: whether Cinder is asked first whether it has it, as Nova does before some
        calls (``nova/volume/cinder.py``, ``_check_microversion``).
    """

    number: str
    asked_for: bool = False


#: What Nova uses where it names no microversion.
OLDEST = Version('3.0')


class CinderRest:
    """Makes calls to Cinder's API at *url*, which ends in ``/v3``."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._url = url
        self._credentials = credentials

    async def own_token(self, project: str) -> str:
        """Return a token of our own, where the one of the user of a project is gone.

        :raises CinderError: Keystone doesn't give us one.
        """
        try:
            return await asyncio.to_thread(self._credentials.own_token, project)
        except auth_exceptions.ClientException as error:
            raise errors.CinderError('getting a token of our own', error, None) from error

    async def call(
        self, token: str, tried: str, function: Callable[[Any], T], version: Version = OLDEST
    ) -> T:
        """Make a call as the user whose token it is.

        :param tried: what the call is to do, for messages.
        :param function: makes it with a client, and parses what comes back; a ``ValueError`` of
            its is Cinder's.
        :raises CinderError: Cinder refused, couldn't be reached, or answered nonsense.
        """

        def make() -> T:
            session = self._credentials.session(self._url, token)
            if version.asked_for:
                self._require(session, version.number)
            return function(cinder_client.Client(version.number, session=session))

        try:
            return await asyncio.to_thread(make)
        except cinder_exceptions.ClientException as error:
            raise errors.CinderError(tried, error, error.code) from error
        except (auth_exceptions.ClientException, ValueError) as error:
            raise errors.CinderError(tried, error, None) from error

    def _require(self, session: Any, number: str) -> None:
        """Ask Cinder which microversions it has.

        :raises ValueError: not this one, or it doesn't say.
        """
        answer = session.get(self._url.removesuffix('v3')).json()
        try:
            (newest,) = (each['version'] for each in answer['versions'] if each['id'] == 'v3.0')
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f'it tells no versions, but {answer}') from error
        if api_versions.APIVersion(newest) < api_versions.APIVersion(number):
            raise ValueError(f'the newest microversion is {newest}, {number} is needed')
