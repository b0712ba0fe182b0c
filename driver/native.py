# SPDX-License-Identifier: Apache-2.0
"""Has calls that wait for a share made by a native thread where Cinder runs under eventlet.

Main functions: :func:`unlink`, :func:`sync` and :func:`truncate`, for files that may be large, and
:func:`waiting`, for what takes as long besides. Under eventlet a service does everything in one
thread, and what waits without eventlet's knowledge keeps everybody waiting. The native threads are
those that Cinder reads images with, ``backend_native_threads_pool_size`` of them: as many calls
may wait for a share that doesn't answer before others wait for them.
"""

from __future__ import annotations

import functools
import importlib
import os
import pathlib
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

_Given = ParamSpec('_Given')
_Result = TypeVar('_Result')

#: Bytes beyond which a share may take long for a file. Records are smaller, and so many that
#: having another thread wait would cost more than it is worth.
LARGE = 1 << 20


def unlink(path: pathlib.Path) -> None:
    """Remove a file; one that isn't there is fine.

    :raises OSError: it can't be removed
    """
    try:
        size = path.lstat().st_size
    except FileNotFoundError:
        size = 0
    _for(size, path.unlink)(missing_ok=True)


def sync(handle: int) -> None:
    """Make the content of an open file durable.

    :raises OSError: it can't be
    """
    _for(os.fstat(handle).st_size, os.fsync)(handle)


def truncate(handle: int, size: int) -> None:
    """Give an open file another size, in bytes.

    :raises OSError: it can't have that
    """
    _for(os.fstat(handle).st_size, os.ftruncate)(handle, size)


def waiting(call: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Have other greenthreads go on while a call waits for a share.

    A greenthread that is killed meanwhile ends after the call, and holds its locks until then.

    :param call: does not set the umask, which all threads have in common, log, wait for a lock of
        Cinder's, start a process, or end this one
    """

    @functools.wraps(call)
    def waits(*arguments: _Given.args, **named: _Given.kwargs) -> _Result:
        return _aside(call, arguments, named) if _is_green() else call(*arguments, **named)

    return waits


def _for(size: int, call: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Return what makes a call that takes the longer the larger a file is."""
    return waiting(call) if size > LARGE else call


def _is_green() -> bool:
    """Tell whether this is the thread that greenthreads share; eventlet may not even be there."""
    patcher = sys.modules.get('eventlet.patcher')
    if patcher is None or not patcher.is_monkey_patched('thread'):
        return False
    return threading.get_native_id() == os.getpid()  # the first one


def _aside(call: Callable[..., _Result], arguments: Any, named: Any) -> _Result:
    eventlet = importlib.import_module('eventlet')
    pool = importlib.import_module('eventlet.tpool')
    ended: Future[_Result] = Future()

    def make() -> None:
        # What a greenthread raises is printed, whoever catches it then.
        try:
            ended.set_result(pool.execute(call, *arguments, **named))
        except Exception as error:
            ended.set_exception(error)

    made = eventlet.spawn(make)  # nobody knows it, and kills it
    interruption: BaseException | None = None
    while not made.dead:
        try:
            made.wait()
        except BaseException as error:
            interruption = error
    if interruption is not None:
        raise interruption
    return ended.result()
