# SPDX-License-Identifier: Apache-2.0
"""Who dies in the middle of which operation on a stack; main function: :func:`run`.

One death is left to :mod:`tests.stack.deaths`, how they are told to :mod:`tests.stack.outcomes`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.stack.deaths import (
    CINDER,
    CINDER_FIRST,
    COMPUTE,
    CREATE,
    FAULTS,
    GUEST,
    JOB,
    NEWEST,
    OLDER,
    Death,
)
from tests.stack.outcomes import Outcome
from tests.stack.progress import Progress
from tests.stack.settings import Settings
from tests.stack.stack import Stack
from tests.stack.victims import LIBVIRT

#: In the middle of a creation Nova, or libvirt for it, is held up; in that of a deletion QEMU.
CASES = (
    *((CREATE, victim) for victim in (CINDER, CINDER_FIRST, COMPUTE, LIBVIRT, GUEST)),
    *(
        (operation, victim)
        for operation in (OLDER, NEWEST)
        for victim in (CINDER, COMPUTE, LIBVIRT, GUEST, JOB)
    ),
)
NAMES = tuple('-'.join(case) for case in CASES)
#: So that it shows in minutes that Nova does not report.
OPTIONS = {'nfs_assisted_create_timeout': '30', 'nfs_assisted_delete_timeout': '60'}


def run(
    stack: Stack, settings: Settings, progress: Progress, names: Sequence[str]
) -> list[Outcome]:
    """Play the cases of these names, or all; one that fails does not keep others from it."""
    outcomes = []
    for name, case in zip(NAMES, CASES, strict=True):
        if names and name not in names:
            continue
        began = time.monotonic()
        death = Death(stack, settings, *case)
        fault = ''
        try:
            with progress.step(name):
                death.play()
        except FAULTS as error:
            fault = str(error)
            print(f'{"":21}{fault}', flush=True)
            death.give_up()
        seconds = time.monotonic() - began
        outcomes.append(Outcome(name, death.moment, tuple(death.seen), fault, seconds))
    return outcomes
