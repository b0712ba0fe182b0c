# SPDX-License-Identifier: Apache-2.0
"""Plays ``nova-assist run --cloud`` on a stack; main function: :func:`run`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import console_guest
from nova_assist.cloud.clients import CLOUDS
from nova_assist.cloud.identity import ADMIN
from tests.stack.contents import FLAVORS
from tests.stack.settings import BACKEND, Settings
from tests.stack.stack import Stack

ALL = 'all'


def run(stack: Stack, settings: Settings, names: str) -> int:
    """Play them where the share is mounted; return the exit code.

    :param names: of scenarios or stories, separated by commas, or :data:`ALL`
    """
    command = [sys.executable, '-m', 'nova_assist', 'run', *words(settings, names)]
    return subprocess.run(stack.namespace.command(*command)).returncode


def words(settings: Settings, names: str) -> Sequence[str]:
    """Return the arguments of ``nova-assist run``."""
    chosen = [] if names == ALL else names.split(',')
    return [
        *('--cloud', str(settings.places.clients / CLOUDS), '--cloud-name', ADMIN.name),
        *('--volume-type', f'{settings.image_format}={BACKEND}'),
        *('--share', str(settings.exported)),
        *('--image', console_guest.IMAGE, '--flavor', next(iter(FLAVORS))),
        *('--report', str(settings.places.logs / 'scenarios')),
        *(word for name in chosen for word in ('--scenario', name)),
    ]
