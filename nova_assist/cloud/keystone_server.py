# SPDX-License-Identifier: Apache-2.0
"""A real Keystone in this process; main class: :class:`KeystoneServer`.

Its WSGI application is served by waitress, in one thread: SQLite lets one write at a time, and
makes the others fail in the end rather than wait. Who is in it is left to
:mod:`nova_assist.cloud.keystone_directory`.
"""

from __future__ import annotations

import os
from pathlib import Path

import keystone.conf
import sqlalchemy
import waitress
from keystone.cmd.bootstrap import Bootstrapper
from keystone.common import fernet_utils, sql
from keystone.common.sql import upgrades
from keystone.server.flask import application, core

from nova_assist.cloud import identity, keystone_conf, keystone_directory
from nova_assist.cloud.keystone_settings import KeystoneSettings

_CONF = keystone.conf.CONF

#: One to encrypt with, one to come next, one to decrypt what is older.
_KEYS = 3


class KeystoneServer:
    """A Keystone that is filled and served.

    :param settings: what to run.
    """

    def __init__(self, settings: KeystoneSettings) -> None:
        self.url = settings.identity.url
        self._settings = settings

    def start(self) -> None:
        """Make what is missing, and listen."""
        self._configure()
        _make_database(self._settings.folder / keystone_conf.DATABASE)
        _make_keys()
        self._bootstrap()
        keystone_directory.fill(self._settings)
        app = core.setup_app_middleware(application.application_factory('public'))
        self._server = waitress.create_server(
            app, host='127.0.0.1', port=self._settings.identity.port, threads=1
        )

    def serve(self) -> None:
        """Answer requests until this process is told to exit."""
        self._server.run()

    def _configure(self) -> None:
        """Write ``keystone.conf`` and load it, and nothing of what the machine has in ``/etc``."""
        path = self._settings.folder / keystone_conf.FILE
        path.write_text(keystone_conf.compose(self._settings.folder))
        keystone.conf.configure()
        sql.initialize()
        keystone.conf.set_config_defaults()
        _CONF([], project='keystone', default_config_files=[path], default_config_dirs=[])
        keystone.conf.setup_logging()

    def _bootstrap(self) -> None:
        """Make the default roles, the administrator, and Keystone's entry in its catalog."""
        bootstrapper = Bootstrapper()
        bootstrapper.admin_username = identity.ADMIN.name
        bootstrapper.admin_password = self._settings.identity.password
        bootstrapper.admin_role_name = identity.Role.ADMIN.value
        bootstrapper.project_name = identity.ADMIN.project
        bootstrapper.region_id = identity.REGION
        bootstrapper.immutable_roles = True
        bootstrapper.bootstrap()


def _make_database(path: Path) -> None:
    """Make the database, or bring one up to this release.

    It is made under another name, so that one half made is never taken for one.
    """
    made = path if path.exists() else path.with_suffix('.new')
    if made != path:
        made.unlink(missing_ok=True)
    engine = sqlalchemy.create_engine(f'sqlite:///{made}')
    upgrades.offline_sync_database_to_version(engine=engine)
    engine.dispose()
    os.replace(made, path)


def _make_keys() -> None:
    """Make the keys that tokens and credentials are encrypted with, where there are none."""
    for name, repository in (
        ('fernet_tokens', _CONF.fernet_tokens.key_repository),
        ('credential', _CONF.credential.key_repository),
    ):
        keys = fernet_utils.FernetUtils(repository, _KEYS, name)
        keys.create_key_directory()
        keys.initialize_key_repository()
