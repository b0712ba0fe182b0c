# SPDX-License-Identifier: Apache-2.0
"""``report.html``: a report as one page that needs nothing else, neither files nor scripts.

Main function: :func:`render`. The page itself is ``templates/report.html.j2``.
"""

from __future__ import annotations

import jinja2

from nova_assist.reports.model import RunReport
from nova_assist.reports.visible import visible
from nova_assist.reports.wording import (
    VERDICTS,
    needs_attention,
    own_reason,
    steps_passed,
    totals_line,
)

_TEMPLATE = 'report.html.j2'


def render(report: RunReport) -> str:
    """Return ``report`` as an HTML page; links to logs are relative to the report's folder."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader('nova_assist.reports'),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(_TEMPLATE).render(
        report=report,
        totals=totals_line(report),
        words=VERDICTS,
        steps_passed=steps_passed,
        needs_attention=needs_attention,
        own_reason=own_reason,
    )
    return visible(page) + '\n'
