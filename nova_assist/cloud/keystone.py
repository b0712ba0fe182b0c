# SPDX-License-Identifier: Apache-2.0
"""The cloud's Keystone, as the supervisor sees it; main class: :class:`Keystone`.

Starting and stopping its process is left to :mod:`nova_assist.cloud.service`, what happens in it
to :mod:`nova_assist.cloud.keystone_server`.
"""

from __future__ import annotations

import importlib.util
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from nova_assist.cloud.clients import Endpoints
from nova_assist.cloud.errors import FolderError, MissingExtraError, SettingsError
from nova_assist.cloud.identity import Entry, Identity, catalog
from nova_assist.cloud.keystone_settings import KeystoneSettings
from nova_assist.cloud.service import Service

#: What the extra brings, by the name that it is imported by.
_NEEDED = ('keystone', 'keystonemiddleware', 'waitress')

_EXTRA = 'identity'


class Keystone:
    """A Keystone that knows the cloud's services.

    :param folder: the cloud's.
    :param port: its TCP port on 127.0.0.1.
    :param environment: its process's whole environment.
    :ivar identity: where it is, and everybody's password, which a folder keeps. It is read before
        the folder is ours, and looked at again by :meth:`prepare`.
    :ivar service: its process.
    :raises MissingExtraError: it isn't installed.
    :raises SettingsError: what the folder keeps of an earlier one is damaged.
    """

    def __init__(self, folder: Path, port: int, environment: Mapping[str, str]) -> None:
        for package in _NEEDED:
            if importlib.util.find_spec(package) is None:
                raise MissingExtraError(package, _EXTRA)
        self._folder = folder / 'keystone'
        self.identity = Identity(port, self._kept_password() or secrets.token_urlsafe())
        self.service = Service(
            'keystone',
            [
                sys.executable,
                '-m',
                'nova_assist.cloud.keystone_process',
                str(self._settings_file),
            ],
            self.identity.url,
            folder / 'log' / 'keystone.log',
            environment,
        )

    def prepare(self, endpoints: Endpoints, further: Iterable[Entry]) -> None:
        """Make its folder, and write down what it is to run; the cloud's folder is ours by now.

        :param further: services beside those of every cloud, for the catalog.
        :raises FolderError: another cloud has run in the folder since our password was chosen.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self._kept_password() not in (None, self.identity.password):
            raise FolderError(
                f'Another cloud has run in {self._folder.parent} just now and left a password of '
                'its own there; start this one again to take it over'
            )
        entries = catalog(
            self.identity.url,
            endpoints.cinder,
            endpoints.compute,
            {'image': endpoints.images, 'network': endpoints.networks},
        )
        settings = KeystoneSettings(self._folder, self.identity, (*entries, *further))
        settings.save(self._settings_file)

    @property
    def _settings_file(self) -> Path:
        return self._folder / 'settings.json'

    def _kept_password(self) -> str | None:
        """Return the password of an earlier cloud in the folder.

        :raises SettingsError: the file that has it is damaged.
        """
        if not self._settings_file.exists():
            return None
        try:
            return KeystoneSettings.load(self._settings_file).identity.password
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f'{self._settings_file} is not what a Keystone was told ({error!r}); remove it, '
                'and all users get a new password'
            ) from error
