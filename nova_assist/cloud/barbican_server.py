# SPDX-License-Identifier: Apache-2.0
"""A real Barbican in this process; main class: :class:`BarbicanServer`.

Its configuration has to be in place by then, see :mod:`nova_assist.cloud.barbican_process`. Its
WSGI application is served by waitress, in one thread, as SQLite lets one write at a time.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import waitress
from paste import deploy

from nova_assist.cloud.barbican_settings import BarbicanSettings

_PASTE = 'barbican-api-paste.ini'


class BarbicanServer:
    """A Barbican that is served.

    :param settings: what to run.
    """

    def __init__(self, settings: BarbicanSettings) -> None:
        self.url = settings.url
        self._port = settings.port

    def start(self) -> None:
        """Make what is missing of the database, and listen."""
        app = deploy.loadapp(f'config:{_paste_file()}')
        self._server = waitress.create_server(app, host='127.0.0.1', port=self._port, threads=1)

    def serve(self) -> None:
        """Answer requests until this process is told to exit."""
        self._server.run()


def _paste_file() -> Path:
    """Return the file that Barbican's distribution installed."""
    for file in importlib.metadata.files('barbican') or ():
        if file.name == _PASTE:
            return Path(str(file.locate())).resolve()
    raise FileNotFoundError(
        f'the installed barbican distribution has no {_PASTE}; install it by pip'
    )
