# SPDX-License-Identifier: Apache-2.0
"""Entry of the Barbican process: ``python -m nova_assist.cloud.barbican_process SETTINGS.json``.

Main function: :func:`main`. What it runs is left to :mod:`nova_assist.cloud.barbican_server`.
SIGTERM ends it in order.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from pathlib import Path

from nova_assist.cloud import barbican_conf, private
from nova_assist.cloud.barbican_settings import BarbicanSettings
from nova_assist.cloud.child import Channel, leave, starting


def main() -> int:
    """Run Barbican until SIGTERM; return the exit code."""
    channel = Channel()
    warnings.filterwarnings('ignore', module='oslo_policy')  # of rules that nobody changed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with starting():
        try:
            settings = BarbicanSettings.load(Path(sys.argv[1]))
            _configure(settings)
            from nova_assist.cloud.barbican_server import BarbicanServer

            barbican = BarbicanServer(settings)
            barbican.start()
        except Exception as error:
            traceback.print_exc()
            channel.error(f'{type(error).__name__}: {error}')
            return 1
    channel.ready(barbican.url)
    barbican.serve()
    return 0


def _configure(settings: BarbicanSettings) -> None:
    """Write ``barbican.conf`` where every part of Barbican looks for it first.

    Each parses it anew when it is imported, with nothing to say which file that is: it is the one
    in our home, or the machine's in ``/etc``.
    """
    folder = settings.folder / barbican_conf.HOME_FOLDER
    (folder / barbican_conf.FURTHER).mkdir(parents=True, exist_ok=True)
    private.write(folder / barbican_conf.FILE, barbican_conf.compose(settings))
    os.environ['HOME'] = str(settings.folder)


if __name__ == '__main__':
    leave(main())
