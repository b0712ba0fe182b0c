# SPDX-License-Identifier: Apache-2.0
"""What was measured as pictures, SVG; main function: :func:`draw`.

They are read on light and on dark ground, so nothing in them is black or white.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nova_assist.bench import timeline
from nova_assist.bench.results import CONTROL, DRIVER, FLOOR, Curve, Results
from nova_assist.bench.timeline import Stop

_GREY = '#7f8790'
_COLOURS = {DRIVER: '#2a78d6', CONTROL: '#d9822b', FLOOR: '#3f9d5f'}
_SHADES = ('#2a78d6', '#d9822b', '#3f9d5f', '#a05fb8', '#c9a227', '#4fb0ae', '#d0607e', '#8d9440')
_STYLE = {
    'svg.fonttype': 'none',
    'svg.hashsalt': 'nova-assist',
    'font.size': 10,
    'text.color': _GREY,
    'axes.edgecolor': _GREY,
    'axes.labelcolor': _GREY,
    'axes.facecolor': 'none',
    'figure.facecolor': 'none',
    'xtick.color': _GREY,
    'ytick.color': _GREY,
    'grid.color': _GREY,
    'grid.alpha': 0.25,
    'legend.facecolor': 'none',
    'legend.framealpha': 0.0,
    'legend.edgecolor': 'none',
}
_INCHES = (7.0, 3.8)


def draw(results: Results) -> dict[str, str]:
    """Return the pictures by name: one for each curve, and ``timeline`` if it was measured."""
    found = {
        curve.name: _picture(lambda axes, own=curve: _curve(axes, own))  # type: ignore[misc]
        for curve in results.curves
    }
    stops = timeline.of(results)
    if stops:
        found['timeline'] = _picture(lambda axes: _timeline(axes, stops))
    return found


def _picture(paint: Callable[[Axes], None]) -> str:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=_INCHES, layout='constrained')
        paint(figure.add_subplot())
        written = io.StringIO()
        figure.savefig(written, format='svg', metadata={'Date': None, 'Creator': None})
    svg = written.getvalue()
    return svg[svg.index('<svg') :]


def _curve(axes: Axes, curve: Curve) -> None:
    """Draw medians on two logarithmic scales, with the slope of each line in the legend."""
    slopes = curve.slopes()
    for name in curve.points:
        points = curve.medians(name)
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            marker='o',
            color=_COLOURS[name],
            label=f'{name}: slope {slopes[name]:.2f}' if name in slopes else name,
        )
    axes.set(xscale='log', yscale='log', xlabel=curve.across, ylabel=curve.up, title=curve.title)
    axes.grid(visible=True, which='both')
    axes.legend()


def _timeline(axes: Axes, stops: list[Stop]) -> None:
    """Draw a bar for each driver, made of what it waits for."""
    names = list(stops[0].at)
    begun = dict.fromkeys(names, 0.0)
    for stop, shade in zip(stops, _SHADES, strict=False):
        widths = [max(stop.at[name] - begun[name], 0.0) for name in names]
        axes.barh(names, widths, left=list(begun.values()), color=shade, label=stop.name)
        begun = {name: max(stop.at[name], begun[name]) for name in names}
    axes.invert_yaxis()
    axes.set(xlabel='seconds from the request', title='an online snapshot, until …')
    axes.grid(visible=True, axis='x')
    axes.legend(loc='upper center', bbox_to_anchor=(0.5, -0.2), ncols=3)
