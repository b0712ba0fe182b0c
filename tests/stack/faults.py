# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in which operation on a stack; main function: :func:`run`.

A death is left to :mod:`tests.stack.deaths`, other things to :mod:`tests.stack.hazards`, how they
are told to :mod:`tests.stack.outcomes`.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from tests.stack import hazards
from tests.stack.deaths import (
    CINDER_FIRST,
    CREATE,
    FAULTS,
    GUEST,
    JOB,
    NEWEST,
    OLDER,
    Death,
)
from tests.stack.hazards import Hazard
from tests.stack.outcomes import Outcome
from tests.stack.progress import Progress
from tests.stack.settings import Settings
from tests.stack.stack import Stack
from tests.stack.victims import CINDER, COMPUTE, LIBVIRT

#: In the middle of a creation Nova, or libvirt for it, is held up; in that of a deletion QEMU.
_DEATHS = (
    *((CREATE, victim) for victim in (CINDER, CINDER_FIRST, COMPUTE, LIBVIRT, GUEST)),
    *(
        (operation, victim)
        for operation in (OLDER, NEWEST)
        for victim in (CINDER, COMPUTE, LIBVIRT, GUEST, JOB)
    ),
)
_CASES: Mapping[str, Callable[[Stack, Settings], Death | Hazard]] = MappingProxyType(
    {
        **{
            f'{operation}-{victim}': functools.partial(Death, operation=operation, victim=victim)
            for operation, victim in _DEATHS
        },
        **{name: functools.partial(Hazard, name=name) for name in hazards.NAMES},
    }
)
NAMES = tuple(_CASES)
#: So that it shows in minutes that Nova does not report.
OPTIONS = {'nfs_assisted_create_timeout': '30', 'nfs_assisted_delete_timeout': '60'}


def run(
    stack: Stack, settings: Settings, progress: Progress, names: Sequence[str]
) -> list[Outcome]:
    """Play the cases of these names, or all; one that fails does not keep others from it."""
    outcomes = []
    for name in names or NAMES:
        began = time.monotonic()
        case = _CASES[name](stack, settings)
        fault = ''
        try:
            with progress.step(name):
                case.play()
        except FAULTS as error:
            fault = str(error)
            print(f'{"":21}{fault}', flush=True)
            case.give_up()
        seconds = time.monotonic() - began
        outcomes.append(Outcome(name, case.moment, tuple(case.seen), fault, seconds))
    return outcomes
