# SPDX-License-Identifier: Apache-2.0
"""The words that every form of a report shares: verdicts, totals, one line for a finding."""

from __future__ import annotations

from nova_assist.reports.model import Finding, RunReport, ScenarioResult, Verdict

VERDICTS = {
    Verdict.PASS: 'pass',
    Verdict.FAIL: 'FAIL',
    Verdict.UNKNOWN: 'UNKNOWN',
    Verdict.NOT_RUN: 'not run',
}
_TOTALS = {
    Verdict.PASS: 'passed',
    Verdict.FAIL: 'failed',
    Verdict.UNKNOWN: 'unknown',
    Verdict.NOT_RUN: 'not run',
}


def totals_line(report: RunReport) -> str:
    """Return e.g. ``11 passed, 1 failed, 0 unknown, 2 not run``."""
    totals = report.totals()
    return ', '.join(f'{totals[verdict.value]} {word}' for verdict, word in _TOTALS.items())


def steps_passed(result: ScenarioResult) -> str:
    """Return e.g. ``7/12``: the steps that passed, of those that the scenario got to."""
    passed = sum(step.verdict is Verdict.PASS for step in result.steps)
    return f'{passed}/{len(result.steps)}'


def unseen_line(report: RunReport) -> str:
    """Return how many steps left something that no judge could look at; "" if none did."""
    steps = [step for result in report.scenarios for step in result.steps]
    unseen = sum(bool(step.unseen) for step in steps)
    return f'not all was looked at after {unseen} of {len(steps)} steps' if unseen else ''


def first_fault(result: ScenarioResult) -> str:
    """Return the sentence that best says why ``result`` did not pass: first finding or reason."""
    faults = (finding_line(finding) for step in result.steps for finding in step.findings)
    return next(faults, '') or result.reason or VERDICTS[result.verdict]


def own_reason(result: ScenarioResult) -> str:
    """Return the reason where it says more than the findings, which are told anyway."""
    faults = [finding.fault for step in result.steps for finding in step.findings]
    return '' if any(fault in result.reason for fault in faults) else result.reason


def finding_line(finding: Finding) -> str:
    """Return judge and fault, e.g. ``chain: the record names a file that is gone``."""
    return f'{finding.judge}: {finding.fault}'


def needs_attention(result: ScenarioResult) -> bool:
    """Tell whether ``result`` is a failure, or unknown, which never counts as a pass."""
    return result.verdict in (Verdict.FAIL, Verdict.UNKNOWN)
