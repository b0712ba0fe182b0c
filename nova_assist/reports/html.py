# SPDX-License-Identifier: Apache-2.0
"""``report.html``: a report as one page that needs nothing else, neither files nor scripts.

Main function: :func:`render`. The page itself is ``templates/report.html.j2``. Other pages of the
same style are filled by :func:`fill`.
"""

from __future__ import annotations

import urllib.parse

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
    return fill(
        _TEMPLATE,
        report=report,
        totals=totals_line(report),
        words=VERDICTS,
        steps_passed=steps_passed,
        needs_attention=needs_attention,
        own_reason=own_reason,
    )


def fill(template: str, **values: object) -> str:
    """Return a page from one of the templates; whatever the values hold is text in it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader('nova_assist.reports'),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters['address'] = _address
    return visible(environment.get_template(template).render(values)) + '\n'


def _address(place: str) -> str:
    """Return a relative URL of a file; its name need not be text, on which ``urlencode`` fails."""
    try:
        return urllib.parse.quote(place, errors='surrogateescape')
    except UnicodeEncodeError:  # no file has such a name
        return urllib.parse.quote(place, errors='replace')
