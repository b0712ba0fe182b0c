# SPDX-License-Identifier: Apache-2.0
"""``nova-assist check SHARE``: what is wrong with the files of a share, and mending it.

Main function: :func:`check`. The looking and mending is the driver's own; how it is told is left
to :mod:`nova_assist.cli.findings_text`.
"""

from __future__ import annotations

import collections
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from driver import exceptions, mounts
from driver.advice import group_name, user_name
from driver.check import audit, repair
from driver.check.audit import Report
from driver.check.findings import Finding, Severity
from driver.check.repair import Outcome
from nova_assist.cli import findings_text
from nova_assist.cli.emitting import emit
from nova_assist.cli.errors import ExitCode
from nova_assist.cli.meter import Meter
from nova_assist.cli.mounted import become, folder_of, no_volume, refused, require_account
from nova_assist.cli.share_arguments import CheckArguments
from nova_assist.cli.terminal import wants_colour, width
from nova_assist.reports.visible import visible


def check(arguments: CheckArguments) -> ExitCode:
    """Look at the volumes of a share, mend them if that was asked, and print what was found.

    :raises NoLookError: it isn't mounted or can't be read, or the account can't be had.
    """
    folder = folder_of(arguments.share)
    if arguments.account is not None:
        become(arguments.account)
    try:
        report = _look(folder, arguments)
        require_account(folder, report.findings)
        outcomes: Sequence[Outcome] = ()
        if arguments.repair:
            outcomes = _repair(folder, report)
            if outcomes:
                report = _look(folder, arguments)
    except exceptions.DriverError as error:
        raise refused(error) from error
    if not report.volumes:
        sys.stderr.write(f'nova-assist: {visible(no_volume(folder, report.others))}\n')
    if arguments.form == 'json':
        emit(_json(arguments.share, folder, report, outcomes))
    else:
        place = f'{arguments.share} at {folder} ({mounts.mount_of(folder)})'
        emit(findings_text.render(place, report, outcomes, width(), wants_colour(sys.stdout)))
    return ExitCode.FAILED if any(each.counts for each in report.findings) else ExitCode.PASSED


def _look(folder: Path, arguments: CheckArguments) -> Report:
    with Meter(sys.stderr, 'volumes checked') as meter:
        return audit.audit(folder, arguments.mode, arguments.settle, meter.show)


def _repair(folder: Path, report: Report) -> Sequence[Outcome]:
    with Meter(sys.stderr, 'volumes mended') as meter:
        return repair.repair(folder, report.findings, report.expected, meter.show)


def _json(share: str, folder: Path, report: Report, outcomes: Sequence[Outcome]) -> str:
    expected = report.expected
    counts = collections.Counter(finding.severity for finding in report.findings)
    content = {
        'share': share,
        'folder': str(folder),
        'expected': {
            'owner': None if expected.uid is None else user_name(expected.uid),
            'group': None if expected.gid is None else group_name(expected.gid),
            'mode': None if expected.mode is None else f'{expected.mode:04o}',
        },
        'volumes': report.volumes,
        'files': report.files,
        'other_files': report.others,
        'kept': list(report.kept),
        'totals': {severity.value: counts[severity] for severity in Severity},
        'findings': [_finding(finding) for finding in report.findings],
        'repairs': [_outcome(outcome) for outcome in outcomes],
    }
    return json.dumps(content, indent=2) + '\n'


def _finding(finding: Finding) -> dict[str, object]:
    return {
        'kind': finding.kind.value,
        'severity': finding.severity.value,
        'volume': finding.volume,
        'files': list(finding.files),
        'meaning': finding.meaning,
        'repair': finding.repair,
        'repairable': finding.remedy is not None,
    }


def _outcome(outcome: Outcome) -> dict[str, object]:
    return {
        'volume': outcome.volume,
        'kind': outcome.kind.value if outcome.kind else None,
        'done': outcome.done,
        'what': outcome.what,
        'kept': outcome.kept,
    }
