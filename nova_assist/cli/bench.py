# SPDX-License-Identifier: Apache-2.0
"""``nova-assist bench``: two drivers measured side by side, and what was to be reached.

Main function: :func:`bench`. What is measured, and how, is left to :mod:`nova_assist.bench`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from nova_assist.bench import json_form, text
from nova_assist.bench.bench import play
from nova_assist.bench.errors import BenchError
from nova_assist.bench.parts import PARTS
from nova_assist.bench.results import CONTROL, DRIVER, Results
from nova_assist.bench.targets import missed, outcomes
from nova_assist.cli.bench_arguments import BenchArguments
from nova_assist.cli.display import Display
from nova_assist.cli.emitting import emit
from nova_assist.cli.errors import ExitCode
from nova_assist.cli.signals import deferred
from nova_assist.cli.terminal import wants_colour, width
from nova_assist.cli.working import working_folder
from nova_assist.cloud.errors import CloudError
from nova_assist.reports.folder import ReportFolder, explained, replace

_JSON, _PAGE = 'bench.json', 'bench.html'


def bench(
    arguments: BenchArguments, display: Display, measure: Callable[..., None] = play
) -> ExitCode:
    """Measure, print a table, and write a report; or list the parts, if that was asked.

    What was measured is told and written even if it comes to an early end.

    :param measure: has the parts measured.
    :raises BenchError: something that is to be measured doesn't work.
    :raises nova_assist.cloud.errors.CloudError: a cloud did not start, or failed on the way.
    :raises nova_assist.reports.errors.ReportError: the report can't be written.
    """
    if arguments.list_only:
        emit(_listed(arguments.form))
        return ExitCode.PASSED
    results = Results(
        {DRIVER: arguments.driver, CONTROL: arguments.control}, arguments.volumes, arguments.rounds
    )
    with ReportFolder(arguments.report).claimed():
        with explained('prepare', arguments.report):
            for name in (_JSON, _PAGE):
                replace(arguments.report / name, '')
                (arguments.report / name).unlink()
        with working_folder(arguments.keep, display.tell) as work:
            try:
                measure(work.path, results, arguments.parts, display.working)
            except (BenchError, CloudError):
                work.keep = True  # the message names a log in it
                raise
            finally:
                with deferred():
                    display.close()
                    if results.measured:
                        _report(results, arguments, display)
    return ExitCode.FAILED if missed(outcomes(results)) else ExitCode.PASSED


def _report(results: Results, arguments: BenchArguments, display: Display) -> None:
    """Print what was measured, the whole or what there is of it, and write the report."""
    from nova_assist.bench import page  # which takes an extra, as play() has told

    found = outcomes(results)
    told = json_form.render(results, found)
    if arguments.form == 'json':
        emit(told)
    else:
        emit(text.render(results, found, width=width(), colour=wants_colour(sys.stdout)))
    with explained('write the report to', arguments.report):
        replace(arguments.report / _JSON, told)
        replace(arguments.report / _PAGE, page.render(results, found))
    display.tell(f'report: {arguments.report / _PAGE}')


def _listed(form: str) -> str:
    if form == 'json':
        return json.dumps({name: part.what for name, part in PARTS.items()}, indent=2) + '\n'
    return ''.join(f'{name:<10} {part.what}\n' for name, part in PARTS.items())
