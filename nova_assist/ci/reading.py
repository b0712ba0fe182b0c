# SPDX-License-Identifier: Apache-2.0
"""What the files of a CI run say, as checked values; main function: :func:`read`."""

from __future__ import annotations

import configparser
import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from nova_assist.ci import results
from nova_assist.ci.errors import LogsError
from nova_assist.ci.logs import Kind, Log
from nova_assist.ci.results import Result
from nova_assist.reports import json_form
from nova_assist.reports.model import RunReport

#: What begins each packet of subunit's version 2.
_SIGNATURE = b'\xb3'
_LONGEST = 16 << 20


@dataclasses.dataclass(frozen=True)
class DriverClass:
    """What ``nova-assist conformance -f json`` tells of a class; what it lacks is ""."""

    path: str
    version: str
    ci_wiki_name: str
    errors: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Backend:
    """A backend that ``cinder.conf`` enables, and the path of its driver's class."""

    name: str
    driver: str

    def __str__(self) -> str:
        return f'{self.name}: {self.driver}'


@dataclasses.dataclass(frozen=True)
class Found:
    """What all the files say; what no file tells is ``None``.

    :ivar listed: names of the tests that were to be run.
    :ivar runs: what ``nova-assist run`` has told, by its ``report.json``.
    """

    results: tuple[Result, ...] | None = None
    listed: frozenset[str] | None = None
    backends: tuple[Backend, ...] | None = None
    driver: DriverClass | None = None
    runs: tuple[tuple[Log, RunReport], ...] = ()


def read(logs: Iterable[Log]) -> Found:
    """Read what is needed to judge a run.

    :raises LogsError: a file can't be read, or is not what its name says.
    :raises UnreadableError: so is the report of ``nova-assist run``.
    """
    by_kind: dict[Kind, list[Log]] = {kind: [] for kind in Kind}
    for log in logs:
        by_kind[log.kind].append(log)
    streams, lists, confs = (
        by_kind[kind] for kind in (Kind.SUBUNIT, Kind.LISTED, Kind.CINDER_CONF)
    )
    return Found(
        results=tuple(each for log in streams for each in _results(log)) if streams else None,
        listed=frozenset(name for log in lists for name in _names(log)) if lists else None,
        # Several hosts may have the same file.
        backends=tuple(dict.fromkeys(each for log in confs for each in _backends(log))) or None,
        driver=_only_driver(by_kind[Kind.CONFORMANCE]),
        runs=tuple((log, json_form.parse(_text(log), str(log.path))) for log in by_kind[Kind.RUN]),
    )


def _results(log: Log) -> list[Result]:
    with log.opened() as stream:
        if stream.read(1) != _SIGNATURE:
            raise LogsError(
                f'{log.path} is no stream of subunit, version 2; write it with '
                '"stestr last --subunit"'
            )
        stream.seek(0)
        try:
            found = results.read(stream, lambda _: None)
        except (ValueError, LookupError) as error:
            raise LogsError(f'{log.path} has a result that is damaged: {error}') from error
    if not found:
        raise LogsError(f'{log.path} has no results; did tempest run any test?')
    return found


def _names(log: Log) -> list[str]:
    """Return the names that ``tempest run --list-tests`` has printed, without tempest's ids."""
    lines = (line.strip() for line in _text(log).splitlines())
    return [results.plain(line) for line in lines if '.' in line and ' ' not in line]


def _backends(log: Log) -> tuple[Backend, ...]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(log))
    except configparser.Error as error:
        raise LogsError(f'{log.path} is no configuration of Cinder: {error}') from error
    names = parser.defaults().get('enabled_backends') or ''
    return tuple(
        Backend(name, parser.get(name, 'volume_driver', fallback=''))
        for name in map(str.strip, names.split(','))
        if name
    )


def _only_driver(logs: list[Log]) -> DriverClass | None:
    drivers = {_driver(log): log for log in logs}
    if len(drivers) > 1:
        names = ', '.join(str(log.path) for log in drivers.values())
        raise LogsError(f'{names} tell of different classes; a page is about one driver')
    return next(iter(drivers), None)


def _driver(log: Log) -> DriverClass:
    try:
        content = json.loads(_text(log))
        return DriverClass(
            _word(content['driver']),
            _word(content['version']),
            _word(content['ci_wiki_name']),
            tuple(
                f'{_word(each["interface"])}: {_word(each["point"])}'
                for each in content['findings']
                if each['severity'] == 'error'
            ),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LogsError(
            f'{log.path} is not what "nova-assist conformance CLASS -f json" prints: '
            f'{type(error).__name__}: {error}'
        ) from error


def _word(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise TypeError(f'{value!r} is no text')
    return value or ''


def _text(log: Log) -> str:
    """Return what is in a file of moderate size."""
    with log.opened() as stream:
        content = stream.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise LogsError(
            f'{log.path} is longer than {_LONGEST >> 20} MiB, which no {log.kind.value} is'
        )
    return content.decode('utf-8', errors='replace')
