# SPDX-License-Identifier: Apache-2.0
"""``nova-assist conformance``: what Cinder expects of a volume driver's class in vain.

Main function: :func:`conformance`. How it is told is left to
:mod:`nova_assist.cli.conformance_text`.
"""

from __future__ import annotations

import dataclasses
import json
import sys

from nova_assist.cli import conformance_text
from nova_assist.cli.conformance_arguments import ConformanceArguments
from nova_assist.cli.emitting import emit
from nova_assist.cli.errors import ExitCode
from nova_assist.cli.terminal import wants_colour, width
from nova_assist.conformance.findings import Finding, Report, Severity
from nova_assist.conformance.judging import judge


def conformance(arguments: ConformanceArguments) -> ExitCode:
    """Compare a class with the installed Cinder, and print what was found.

    :raises ConformanceError: it can't be loaded, or there is no Cinder
    """
    report = judge(arguments.driver)
    if arguments.form == 'json':
        emit(_json(report))
    else:
        emit(conformance_text.render(report, width(), wants_colour(sys.stdout)))
    return ExitCode.FAILED if report.count(Severity.ERROR) else ExitCode.PASSED


def _json(report: Report) -> str:
    content = {
        'driver': report.driver,
        'version': report.version,
        'ci_wiki_name': report.ci_wiki_name,
        'cinder': {
            'version': report.release,
            'folder': report.folder,
            'calls': report.calls,
        },
        'interfaces': [dataclasses.asdict(each) for each in report.looked],
        'totals': {severity.value: report.count(severity) for severity in Severity},
        'findings': [_finding(each) for each in report.findings],
    }
    return json.dumps(content, indent=2) + '\n'


def _finding(finding: Finding) -> dict[str, str]:
    return {
        'kind': finding.kind.value,
        'severity': finding.severity.value,
        'interface': finding.interface,
        'point': finding.point,
        'expected': finding.expected,
        'found': finding.found,
        'advice': finding.advice,
    }
