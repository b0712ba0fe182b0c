# SPDX-License-Identifier: Apache-2.0
"""The cloud's Barbican, as the supervisor sees it; main class: :class:`Barbican`.

Starting and stopping its process is left to :mod:`nova_assist.cloud.service`, what happens in it
to :mod:`nova_assist.cloud.barbican_server`.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

from nova_assist.cloud.barbican_settings import BarbicanSettings, kept_kek
from nova_assist.cloud.errors import MissingExtraError
from nova_assist.cloud.identity import Entry, Identity
from nova_assist.cloud.service import Service

_PACKAGE = 'barbican'

_EXTRA = 'keys'


class Barbican:
    """A Barbican behind the cloud's Keystone, which keeps the keys of encrypted volumes.

    :param folder: the cloud's.
    :param port: its TCP port on 127.0.0.1.
    :param identity: the cloud's Keystone.
    :param environment: its process's whole environment.
    :ivar url: its API's, without version.
    :ivar service: its process.
    :raises MissingExtraError: it isn't installed.
    """

    def __init__(
        self, folder: Path, port: int, identity: Identity, environment: Mapping[str, str]
    ) -> None:
        if importlib.util.find_spec(_PACKAGE) is None:
            raise MissingExtraError(_PACKAGE, _EXTRA)
        self._folder = folder / 'barbican'
        self._port = port
        self._identity = identity
        self.url = f'http://127.0.0.1:{port}'
        self.service = Service(
            'barbican',
            [
                sys.executable,
                '-m',
                'nova_assist.cloud.barbican_process',
                str(self._settings_file),
            ],
            self.url,
            folder / 'log' / 'barbican.log',
            environment,
        )

    @property
    def entry(self) -> Entry:
        """Where it is in the catalog."""
        return Entry('key-manager', _PACKAGE, self.url)

    def prepare(self) -> None:
        """Make its folder, and write down what it is to run; the cloud's folder is ours by now.

        :raises SettingsError: what the folder keeps of an earlier one is damaged.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        kek = kept_kek(self._settings_file)
        settings = BarbicanSettings(self._folder, self._port, self._identity, kek)
        settings.save(self._settings_file)

    @property
    def _settings_file(self) -> Path:
        return self._folder / 'settings.json'
