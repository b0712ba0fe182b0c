# SPDX-License-Identifier: Apache-2.0
"""``junit.xml``: a report as CI systems read it.

Main function: :func:`render`. The form is the one that Jenkins and GitLab read: a fail is a
``failure``, an unknown an ``error``, a scenario that was not run is ``skipped`` with its reason.
"""

from __future__ import annotations

from xml.etree import ElementTree

from nova_assist.reports.model import Finding, RunReport, ScenarioResult, Step, Verdict
from nova_assist.reports.visible import visible
from nova_assist.reports.wording import VERDICTS, finding_line, first_fault, own_reason

_SUITE = 'nova-assist'
_ELEMENTS = {
    Verdict.FAIL: 'failure',
    Verdict.UNKNOWN: 'error',
    Verdict.NOT_RUN: 'skipped',
}


def render(report: RunReport) -> str:
    """Return ``report`` as one JUnit test suite, one test case a scenario."""
    totals = report.totals()
    counts = {
        'tests': str(len(report.scenarios)),
        'failures': str(totals[Verdict.FAIL.value]),
        'errors': str(totals[Verdict.UNKNOWN.value]),
    }
    time = _seconds(report.seconds)
    root = ElementTree.Element('testsuites', {'name': _SUITE, **counts, 'time': time})
    suite = ElementTree.SubElement(
        root,
        'testsuite',
        {
            'name': _SUITE,
            **counts,
            'skipped': str(totals[Verdict.NOT_RUN.value]),
            'time': time,
            'timestamp': visible(report.started),
        },
    )
    _add_properties(suite, report)
    for result in report.scenarios:
        _add_case(suite, report.driver, result)
    ElementTree.indent(root)
    xml = ElementTree.tostring(root, encoding='unicode')
    return f'<?xml version="1.0" encoding="utf-8"?>\n{xml}\n'


def _add_properties(suite: ElementTree.Element, report: RunReport) -> None:
    properties = ElementTree.SubElement(suite, 'properties')
    values = {
        'driver': report.driver,
        'share': report.share,
        'seed': str(report.seed),
        'command': report.command,
        **{f'version of {name}': version for name, version in report.versions.items()},
    }
    for name, value in values.items():
        ElementTree.SubElement(
            properties, 'property', {'name': visible(name), 'value': visible(value)}
        )


def _add_case(suite: ElementTree.Element, driver: str, result: ScenarioResult) -> None:
    case = ElementTree.SubElement(
        suite,
        'testcase',
        {
            'classname': visible(driver),
            'name': visible(result.name),
            'time': _seconds(result.seconds),
        },
    )
    element = _ELEMENTS.get(result.verdict)
    if element is not None:
        message = result.reason if result.verdict is Verdict.NOT_RUN else first_fault(result)
        cause = ElementTree.SubElement(case, element, {'message': visible(message)})
        if result.verdict is not Verdict.NOT_RUN:
            cause.set('type', result.verdict.value)
            cause.text = visible(_story(result))
    if result.steps:
        output = ElementTree.SubElement(case, 'system-out')
        output.text = visible('\n'.join(_step_line(step) for step in result.steps))


def _story(result: ScenarioResult) -> str:
    reason = own_reason(result)
    lines = [reason] if reason else []
    for step in result.steps:
        for finding in step.findings:
            lines += [f'at step: {step.name}', *_finding_lines(finding)]
    if result.repeat:
        lines.append(f'repeat: {result.repeat}')
    return '\n'.join(lines)


def _finding_lines(finding: Finding) -> list[str]:
    return [
        f'  {finding_line(finding)}',
        f'    expected: {finding.expected}',
        f'    found: {finding.found}',
        *(f'    file: {file}' for file in finding.files),
    ]


def _step_line(step: Step) -> str:
    return f'{VERDICTS[step.verdict]:<8} {step.seconds:6.1f} s  {step.name}'


def _seconds(seconds: float) -> str:
    return f'{seconds:.3f}'
