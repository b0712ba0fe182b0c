# SPDX-License-Identifier: Apache-2.0
"""Has calls that wait for a share made by a native thread where Cinder runs under eventlet.

Main function: :func:`waiting`. Under eventlet a service does everything in one thread, and what
waits without eventlet's knowledge keeps everybody waiting. To remove a large file, or to make it
durable, may take a share many seconds.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

_Given = ParamSpec('_Given')
_Result = TypeVar('_Result')


def waiting(call: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Have other greenthreads go on while a call waits for a share.

    If the greenthread is killed meanwhile, which happens when a service ends, the call goes on. It
    must not set the umask, which all threads have in common, or start a process.
    """

    @functools.wraps(call)
    def waits(*arguments: _Given.args, **named: _Given.kwargs) -> _Result:
        pool = _pool()
        if pool is None:
            return call(*arguments, **named)
        result: _Result = pool.execute(call, *arguments, **named)
        return result

    return waits


def _pool() -> Any:
    """Return eventlet's threads, ``None`` where eventlet is not at work, or not even there."""
    patcher = sys.modules.get('eventlet.patcher')
    if patcher is None or not patcher.is_monkey_patched('thread'):
        return None
    return importlib.import_module('eventlet.tpool')
