# SPDX-License-Identifier: Apache-2.0
"""Makes the databases, and what the services want in them before they start.

Main functions: :func:`initialise`, before the database server starts, and :func:`create`, when it
is up.
"""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Sequence

from nova_assist.cloud import identity
from tests.stack.commands import run
from tests.stack.programs import database_socket
from tests.stack.settings import ADDRESS, Settings

_DATABASES = ('keystone', 'placement', 'glance', 'nova_api', 'nova_cell0', 'nova_cell1', 'cinder')


def initialise(settings: Settings) -> None:
    """Lay out the database server's own files."""
    folder = settings.places.of('mariadb')
    run(
        [
            *('mariadb-install-db', '--no-defaults', '--user=mysql', f'--datadir={folder}'),
            *('--auth-root-authentication-method=socket', '--skip-test-db'),
            '--loose-innodb-buffer-pool-size-max=256M',
        ],
        log=settings.places.log('schemas'),
    )


def answer(settings: Settings, statement: str = 'SELECT 1') -> str:
    """Have the database server carry out a statement, as its root."""
    socket = f'--socket={database_socket(settings)}'
    command = ['mariadb', '--no-defaults', socket, '--user=root', '--batch']
    return run(command, given=statement)


def create(settings: Settings) -> None:
    """Make databases and tables, each service's own way; independent ones at a time.

    :raises CommandError: a service's command failed.
    """
    password = settings.password
    statements = [f'CREATE DATABASE {name} CHARACTER SET utf8mb4;' for name in _DATABASES]
    for host in (ADDRESS, 'localhost'):
        statements.append(f"GRANT ALL ON *.* TO stack@'{host}' IDENTIFIED BY '{password}';")
    answer(settings, '\n'.join(statements))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for each in [pool.submit(_run, settings, group) for group in _commands(settings)]:
            each.result()


def _commands(settings: Settings) -> list[list[list[str]]]:
    """Return the commands, in groups that may go on at a time."""
    etc, program = settings.places.etc, settings.places.program
    keystone = [program('keystone-manage'), '--config-file', f'{etc}/keystone/keystone.conf']
    owner = ['--keystone-user', 'root', '--keystone-group', 'root']
    nova = [program('nova-manage'), '--config-file', f'{etc}/nova/nova.conf']
    cell0 = settings.database('nova_cell0')
    return [
        [
            [*keystone, 'db_sync'],
            [*keystone, 'fernet_setup', *owner],
            [*keystone, 'credential_setup', *owner],
            [*keystone, 'bootstrap', *_bootstrap(settings)],
            [program('placement-manage'), '--config-dir', f'{etc}/placement', 'db', 'sync'],
            [
                *(program('glance-manage'), '--config-file', f'{etc}/glance/glance-api.conf'),
                'db_sync',
            ],
        ],
        [
            [*nova, 'api_db', 'sync'],
            [*nova, 'cell_v2', 'map_cell0', '--database_connection', cell0],
            [*nova, 'db', 'sync'],
            [*nova, 'cell_v2', 'create_cell', '--name', 'cell1'],
            [program('cinder-manage'), '--config-file', f'{etc}/cinder/cinder.conf', 'db', 'sync'],
        ],
    ]


def _bootstrap(settings: Settings) -> list[str]:
    url = settings.identity.url
    options = {
        'password': settings.password,
        'username': identity.ADMIN.name,
        'project-name': identity.ADMIN.project,
        'role-name': identity.Role.ADMIN.value,
        'service-name': 'keystone',
        'region-id': identity.REGION,
        'public-url': url,
        'internal-url': url,
        'admin-url': url,
    }
    return [word for name, value in options.items() for word in (f'--bootstrap-{name}', value)]


def _run(settings: Settings, commands: Sequence[Sequence[str]]) -> None:
    environment = {**os.environ, 'PYTHONPATH': str(settings.places.project)}
    for command in commands:
        run(command, environment=environment, log=settings.places.log('schemas'))
