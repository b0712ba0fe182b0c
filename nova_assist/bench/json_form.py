# SPDX-License-Identifier: Apache-2.0
"""What was measured as JSON, every sample of it; main function: :func:`render`. Pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from nova_assist.bench import timeline
from nova_assist.bench.results import Curve, Results
from nova_assist.bench.targets import Outcome


def render(results: Results, outcomes: Sequence[Outcome]) -> str:
    """Return the results, and which targets were reached, as JSON text."""
    content = {
        'drivers': dict(results.drivers),
        'volumes': results.image_format,
        'versions': dict(results.versions),
        'machine': dict(results.machine),
        'started': results.started,
        'seconds': results.seconds,
        'rounds': results.rounds,
        'operations': [dataclasses.asdict(each) for each in results.operations],
        'refused': results.refused,
        'timeline': [dataclasses.asdict(each) for each in timeline.of(results)],
        'curves': [_curve(each) for each in results.curves],
        'run_seconds': results.run_seconds,
        'targets': [_outcome(each) for each in outcomes],
    }
    return json.dumps(content, indent=2) + '\n'


def _curve(curve: Curve) -> dict[str, Any]:
    return {**dataclasses.asdict(curve), 'slopes': curve.slopes()}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    target = outcome.target
    return {
        'target': target.what,
        'limit': target.limit,
        'at_least': target.least,
        'unit': target.unit,
        'figure': dataclasses.asdict(outcome.figure) if outcome.figure else None,
        'floor': dataclasses.asdict(outcome.floor) if outcome.floor else None,
        'verdict': outcome.verdict.value,
    }
