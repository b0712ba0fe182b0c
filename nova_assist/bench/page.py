# SPDX-License-Identifier: Apache-2.0
"""What was measured as one page with its pictures, HTML; main function: :func:`render`."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from nova_assist.bench import pictures, rows, timeline
from nova_assist.bench.results import BARE, Results
from nova_assist.bench.targets import Outcome, missed
from nova_assist.reports.html import fill

_TEMPLATE = 'bench.html.j2'


def render(results: Results, outcomes: Sequence[Outcome]) -> str:
    """Return the results, and which targets were reached, as a page that needs nothing else."""
    return fill(
        _TEMPLATE,
        results=results,
        outcomes=outcomes,
        missed=missed(outcomes),
        stops=timeline.of(results),
        bare=BARE,
        rows=rows,
        # Ours, drawn of numbers and of our own words.
        pictures={name: Markup(svg) for name, svg in pictures.draw(results).items()},  # noqa: S704
    )
