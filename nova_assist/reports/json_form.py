# SPDX-License-Identifier: Apache-2.0
"""``report.json``: a report written as JSON, and read back into values.

Main functions: :func:`render` and :func:`parse`. Reading and writing the file is left to
:mod:`nova_assist.reports.folder`.
"""

from __future__ import annotations

import importlib.resources
import json
from typing import Any, NoReturn

import jsonschema

from nova_assist.reports.errors import UnreadableError
from nova_assist.reports.model import Finding, RunReport, ScenarioResult, Step, Verdict

_SCHEMA = 'report.schema.json'
_LONGEST_COMPLAINT = 300


def render(report: RunReport) -> str:
    """Return ``report`` as JSON text; ASCII only, so that any file name survives."""
    return json.dumps(report.to_dict(), indent=2) + '\n'


def parse(text: str, source: str) -> RunReport:
    """Return the report that ``text`` holds.

    :param source: where the text is from, for the messages.
    :raises UnreadableError: no JSON, or not a report as ``report.schema.json`` describes it.
    """
    try:
        data = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f'{source} is not valid JSON: {error}') from error
    _validate(data, source)
    return _report(data)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f'{constant} is not a JSON number')


def _validate(data: Any, source: str) -> None:
    schema = json.loads(
        importlib.resources.files(__package__).joinpath(_SCHEMA).read_text(encoding='utf-8')
    )
    validator = jsonschema.Draft202012Validator(schema)
    error = jsonschema.exceptions.best_match(validator.iter_errors(data))
    if error is not None:
        complaint = error.message
        if len(complaint) > _LONGEST_COMPLAINT:
            complaint = f'{complaint[:_LONGEST_COMPLAINT]}…'
        raise UnreadableError(
            f'{source} is not a report of nova-assist: at {error.json_path}: {complaint}'
        )


def _report(data: dict[str, Any]) -> RunReport:
    return RunReport(
        driver=data['driver'],
        versions=data['versions'],
        seed=int(data['seed']),
        command=data['command'],
        started=data['started'],
        share=data['share'],
        scenarios=[_scenario(item) for item in data['scenarios']],
        logs=data['logs'],
        seconds=data['seconds'],
        start_up_seconds=data['start_up_seconds'],
        options=data.get('options', {}),  # which earlier reports don't have
        accounts=data.get('accounts', {}),
        cloud=data.get('cloud', {}),
    )


def _scenario(data: dict[str, Any]) -> ScenarioResult:
    return ScenarioResult(
        name=data['name'],
        verdict=Verdict(data['verdict']),
        seconds=data['seconds'],
        reason=data['reason'],
        repeat=data['repeat'],
        steps=[_step(item) for item in data['steps']],
    )


def _step(data: dict[str, Any]) -> Step:
    return Step(
        name=data['name'],
        verdict=Verdict(data['verdict']),
        seconds=data['seconds'],
        findings=[_finding(item) for item in data['findings']],
        chains=data['chains'],
        unseen=data.get('unseen', []),
    )


def _finding(data: dict[str, Any]) -> Finding:
    return Finding(
        judge=data['judge'],
        fault=data['fault'],
        expected=data['expected'],
        found=data['found'],
        files=tuple(data['files']),
        verdict=Verdict(data['verdict']),
    )
