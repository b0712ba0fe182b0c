# SPDX-License-Identifier: Apache-2.0
"""Which scenarios there are, and which of them were asked for."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence

from nova_assist.cli.errors import CliError
from nova_assist.cli.harness import Harness, ScenarioInfo


def choose(harness: Harness, wanted: Sequence[str], *, slow: bool) -> list[ScenarioInfo]:
    """Return the scenarios ``wanted``, or all if none are, in the order in which they run.

    :param slow: whether all of them are to include the slow ones
    :raises CliError: a name that stands for none; the message tells similar ones.
    """
    infos = list(harness.scenarios())
    if not wanted:
        return [info for info in infos if slow or not info.slow]
    chosen: dict[str, ScenarioInfo] = {}
    for name in wanted:
        named = harness.named(name)
        if not named:
            advice = _advice(name, [info.name for info in infos])
            raise CliError(f'there is no scenario {name!r}; {advice}')
        chosen.update({info.name: info for info in named})
    places = {info.name: place for place, info in enumerate(infos)}
    # One point of a crash scenario comes in the place of the whole.
    return sorted(chosen.values(), key=lambda info: places[info.name.partition('@')[0]])


def render_list(infos: Sequence[ScenarioInfo], form: str) -> str:
    """Return names and descriptions as lines of text, or as JSON if ``form`` says so."""
    if form == 'json':
        items = [
            {'name': info.name, 'description': info.description, 'slow': info.slow}
            for info in infos
        ]
        return json.dumps(items, indent=2) + '\n'
    width = max((len(info.name) for info in infos), default=0)
    return ''.join(f'{info.name:<{width}}  {_describe(info)}\n' for info in infos)


def _describe(info: ScenarioInfo) -> str:
    return f'{info.description}; only with --slow: {info.slow}' if info.slow else info.description


def _advice(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    close += [other for other in known if name in other and other not in close]
    listing = 'the same command line with --list instead lists them all'
    return f'did you mean {" or ".join(close)}? {listing}' if close else listing
