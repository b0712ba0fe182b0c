# SPDX-License-Identifier: Apache-2.0
"""Finds the lines of a service's log that tell why an operation failed.

Main class: :class:`ServiceLog`; :class:`UnseenLog` stands for one that nobody here can read,
:class:`Logs` for several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from nova_assist.scenarios.errors import NotPossible

#: The request ids of a line, the global one first. That one is the same for all requests of a
#: client; the last is the request's own.
_REQUESTS = re.compile(r' \[(?:None )?(?:req-[0-9a-f-]{36} )*(?P<own>req-[0-9a-f-]{36})\b')
_ERROR = re.compile(r' (?:ERROR|CRITICAL) \S+ (?:\[[^]]*\] )?(?P<message>.*)')
_DISPATCHER = 'Exception during message handling: '
_MESSAGES = 3
_LENGTH = 400


class Log(Protocol):
    """What a service logs."""

    def mark(self) -> None:
        """Forget what was logged until now."""

    def errors(self, *ids: str) -> str:
        """Return the last errors since the mark about ``ids``, "" if there was none."""

    def count(self, words: str) -> int:
        """Return how many lines since the mark have ``words``.

        :raises NotPossible: it can't be seen
        """


class UnseenLog:
    """The log of a service that can only be asked over REST."""

    def __init__(self, service: str) -> None:
        """Take the service's name."""
        self._service = service

    def mark(self) -> None:
        """Do nothing."""

    def errors(self, *ids: str) -> str:
        """Say that nobody knows."""
        return f"{self._service}'s log can't be seen from here"

    def count(self, words: str) -> int:
        """Give up."""
        raise NotPossible(f"{self._service}'s log can't be seen from here")


class ServiceLog:
    """A log file that a service is writing."""

    def __init__(self, service: str, path: Path) -> None:
        """Take the service's name and its log; the file may not be there yet."""
        self._service = service
        self._path = path
        self._position = 0

    def mark(self) -> None:
        """Forget what was logged until now."""
        try:
            self._position = self._path.stat().st_size
        except OSError:
            self._position = 0

    def errors(self, *ids: str) -> str:
        """Return the last errors since the mark of the requests that mention one of ``ids``.

        Of a traceback only the line that names the exception is given. Without any error: "".
        """
        try:
            lines = self._lines()
        except OSError as error:
            return f"{self._service}'s log can't be read: {error}"
        requests = {_request(line) for line in lines if any(name in line for name in ids)}
        requests.discard('')
        messages = list(dict.fromkeys(_messages(lines, requests, ids)))
        said = ' | '.join(messages[-_MESSAGES:])
        return f'{self._service} logged: {said}' if said else ''

    def count(self, words: str) -> int:
        """Return how many lines since the mark have ``words``."""
        try:
            return sum(words in line for line in self._lines())
        except OSError as error:
            raise NotPossible(f"{self._service}'s log can't be read: {error}") from error

    def _lines(self) -> list[str]:
        with open(self._path, 'rb') as log:
            log.seek(self._position)
            return log.read().decode(errors='replace').splitlines()


class Logs:
    """Several as one."""

    def __init__(self, *logs: Log) -> None:
        """Take them."""
        self._logs = logs

    def mark(self) -> None:
        """Forget what was logged until now."""
        for log in self._logs:
            log.mark()

    def errors(self, *ids: str) -> str:
        """Return the last errors since the mark about ``ids``, "" if there was none."""
        return '; '.join(filter(None, (log.errors(*ids) for log in self._logs)))

    def count(self, words: str) -> int:
        """Return how many lines since the mark have ``words``."""
        return sum(log.count(words) for log in self._logs)


def _request(line: str) -> str:
    """Return the id of the request that logged a line, "" for none."""
    match = _REQUESTS.search(line)
    return match['own'] if match else ''


def _messages(lines: list[str], requests: set[str], ids: tuple[str, ...]) -> Iterator[str]:
    """Yield error messages without the frames of their tracebacks."""
    for line in lines:
        match = _ERROR.search(line)
        if match is None or not (_request(line) in requests or any(name in line for name in ids)):
            continue
        message = match['message'].strip().removeprefix(_DISPATCHER)
        if message and not message.startswith(('File "', 'Traceback ')):
            yield message[:_LENGTH]
