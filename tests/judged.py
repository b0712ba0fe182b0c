# SPDX-License-Identifier: Apache-2.0
"""Runs ``nova-assist run`` as a user would, and reads its report.

Main function: :func:`judged`.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
from typing import Any

from tests.accounts import Around

OURS = 'driver.nfs.NfsDriver'
#: Cinder's own driver, the control.
IN_TREE = 'cinder.volume.drivers.nfs.NfsDriver'

_ROOT = pathlib.Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True)
class Judged:
    """How a run ended.

    :ivar code: its exit code
    :ivar said: what it printed, both streams
    :ivar scenarios: the results by name; empty if the cloud did not start
    """

    code: int
    said: str
    scenarios: dict[str, Any]

    def faults(self, name: str) -> list[str]:
        """Return what the judges found in a scenario, as ``judge: fault``."""
        return [
            f'{finding["judge"]}: {finding["fault"]}'
            for step in self.scenarios[name]['steps']
            for finding in step['findings']
        ]

    def verdicts(self) -> dict[str, str]:
        """Return the verdict by scenario."""
        return {name: each['verdict'] for name, each in self.scenarios.items()}


def judged(
    driver: str,
    *options: str,
    scenarios: tuple[str, ...],
    timeout: float = 600,
    around: Around = list,
) -> Judged:
    """Run scenarios with a driver.

    :param options: further words of the command line
    :param timeout: seconds
    :param around: what makes of the command the one that is run
    """
    chosen = [word for name in scenarios for word in ('--scenario', name)]
    with tempfile.TemporaryDirectory() as folder:
        command = ['-m', 'nova_assist', 'run', '--driver', driver, '--report', folder]
        ended = subprocess.run(
            around([sys.executable, *command, *chosen, *options]),
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        report = pathlib.Path(folder, 'report.json')
        found = json.loads(report.read_text())['scenarios'] if report.exists() else []
    return Judged(
        ended.returncode, ended.stdout + ended.stderr, {each['name']: each for each in found}
    )
