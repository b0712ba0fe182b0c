# SPDX-License-Identifier: Apache-2.0
"""Prints a run's report on stdout, for a person or for the next program in the pipe."""

from __future__ import annotations

import sys

from nova_assist.cli.emitting import emit
from nova_assist.cli.terminal import wants_colour, width
from nova_assist.reports import html, json_form, junit, text
from nova_assist.reports.model import RunReport


def print_report(report: RunReport, form: str) -> None:
    """Print ``report`` as ``table``, ``json``, ``junit`` or ``html``."""
    renderers = {'json': json_form.render, 'junit': junit.render, 'html': html.render}
    if form in renderers:
        emit(renderers[form](report))
    else:
        emit(text.render(report, width=width(), colour=wants_colour(sys.stdout)))
