# SPDX-License-Identifier: Apache-2.0
"""Runs tempest on a stack; main function: :func:`run`. Which tests: ``selection.yaml`` here."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path

from nova_assist.cloud.client_files import TEMPEST
from tests.judged import OURS
from tests.stack.settings import Settings
from tests.stack.stack import Stack
from tests.tempest import running, tables
from tests.tempest.selection import Selection

SELECTION = Path(__file__).with_name('selection.yaml')


@dataclasses.dataclass(frozen=True)
class Choice:
    """What of tempest is to be run.

    :ivar part: ``plugin``, ``stock`` or ``None`` for both.
    :ivar regex: tests of these names instead.
    :ivar features: what another driver than ours can do.
    """

    part: str | None
    regex: str | None
    features: tuple[str, ...]
    workers: int


def run(stack: Stack, settings: Settings, choice: Choice) -> int:
    """Run it, print tables, and return the exit code."""
    began = time.monotonic()
    selection = Selection.load(SELECTION)
    wanted = [choice.regex] if choice.regex else selection.wanted(choice.part)
    whole = settings.driver == OURS and not (choice.part or choice.regex)
    with tempfile.TemporaryDirectory(prefix='nova-assist-tempest-') as name:
        folder = Path(name)
        config = running.configured(
            settings.places.clients / TEMPEST,
            folder / TEMPEST,
            settings.driver,
            choice.features,
        )
        # Where the share is mounted.
        prefix = stack.namespace.command()
        one = running.Run(folder, selection, wanted, choice.workers, prefix)
        found, ended = one.carry_out(config, {})
    print(tables.report(found, selection, time.monotonic() - began) if found else '')
    return running.judge(found, ended, selection, whole=whole)
