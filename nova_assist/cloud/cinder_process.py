# SPDX-License-Identifier: Apache-2.0
"""Entry of the Cinder process: ``python -m nova_assist.cloud.cinder_process SETTINGS.json``.

Main function: :func:`main`. What it runs is left to :mod:`nova_assist.cloud.cinder_services`.
SIGTERM ends it in order.
"""

from __future__ import annotations

import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from nova_assist.bench import stopwatch
from nova_assist.cloud.child import Channel, leave, starting
from nova_assist.cloud.settings import CinderSettings
from nova_assist.faults import trap

if TYPE_CHECKING:
    import socket


def main() -> int:
    """Run Cinder until SIGTERM; return the exit code."""
    channel = Channel()
    trap.install()
    with starting():
        _patch()
        warnings.filterwarnings('ignore', module='oslo_policy')  # of rules that nobody changed
        from nova_assist.cloud import cinder_services

        try:
            wake = _wake_on_termination()
            cinder = cinder_services.CinderServices(CinderSettings.load(Path(sys.argv[1])))
            cinder.start()
            stopwatch.install(cinder.drivers, cinder.shares)
        except Exception as error:
            traceback.print_exc()
            message = str(error) or type(error).__name__
            if not isinstance(error, cinder_services.StartError):
                message = f'{type(error).__name__}: {message}'
            channel.error(message)
            return 1
    channel.ready(cinder.url)
    wake.recv(1)
    cinder.stop()
    return 0


def _patch() -> None:
    """Make the standard library cooperative, as this release's own commands do."""
    try:
        from cinder import monkey_patch
    except ImportError:  # before 2026.2
        import eventlet

        eventlet.monkey_patch()
    else:
        monkey_patch.patch()


def _wake_on_termination() -> socket.socket:
    """Return a socket that becomes readable when SIGTERM arrives.

    A handler may run while eventlet's own loop does, where nothing may wait: a byte through a
    socket is all it can safely do.
    """
    import socket

    receiver, sender = socket.socketpair()
    signal.signal(signal.SIGTERM, lambda *_: sender.send(b'x'))
    return receiver


if __name__ == '__main__':
    leave(main())
