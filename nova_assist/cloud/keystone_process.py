# SPDX-License-Identifier: Apache-2.0
"""Entry of the Keystone process: ``python -m nova_assist.cloud.keystone_process SETTINGS.json``.

Main function: :func:`main`. What it runs is left to :mod:`nova_assist.cloud.keystone_server`.
SIGTERM ends it in order.
"""

from __future__ import annotations

import signal
import sys
import traceback
import warnings
from pathlib import Path

from nova_assist.cloud.child import Channel, leave, starting
from nova_assist.cloud.keystone_settings import KeystoneSettings


def main() -> int:
    """Run Keystone until SIGTERM; return the exit code."""
    channel = Channel()
    warnings.filterwarnings('ignore', module='oslo_policy')  # of rules that nobody changed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with starting():
        try:
            from nova_assist.cloud.keystone_server import KeystoneServer

            keystone = KeystoneServer(KeystoneSettings.load(Path(sys.argv[1])))
            keystone.start()
        except Exception as error:
            traceback.print_exc()
            channel.error(f'{type(error).__name__}: {error}')
            return 1
    channel.ready(keystone.url)
    keystone.serve()
    return 0


if __name__ == '__main__':
    leave(main())
