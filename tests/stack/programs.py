# SPDX-License-Identifier: Apache-2.0
"""The programs that a stack consists of; main function: :func:`programs`.

Pure. Keeping them running is left to :mod:`tests.stack.supervision`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from tests.stack.settings import ADDRESS, Settings

_RABBITMQ = '/usr/lib/rabbitmq/bin/rabbitmq-server'
#: The name of the message queue's only node.
NODE = 'nova-assist@localhost'
_SERVER_PROCESSES = 2
#: Cinder sends images in larger pieces, and with longer pauses, than uWSGI expects.
_CHUNKS = ('--chunked-input-limit', str(64 * 2**20), '--chunked-input-timeout', '300')


@dataclasses.dataclass(frozen=True)
class Program:
    """A program.

    :ivar user: the account it runs as.
    :ivar port: where it listens; ``None`` if it is no server.
    """

    name: str
    command: tuple[str, ...]
    user: str = 'root'
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    port: int | None = None


def programs(settings: Settings) -> dict[str, Program]:
    """Return all programs by name."""
    found = [_mariadb(settings), _rabbitmq(settings), *_apis(settings), *_workers(settings)]
    return {program.name: program for program in found}


def database_socket(settings: Settings) -> Path:
    """Return the socket by which root reaches the database."""
    return settings.places.run / 'mariadb.sock'


def _mariadb(settings: Settings) -> Program:
    """Nothing of it has to outlive a crash of the machine."""
    options = {
        'user': 'mysql',
        'datadir': settings.places.of('mariadb'),
        'socket': database_socket(settings),
        'port': settings.ports.database,
        'bind-address': ADDRESS,
        'max-connections': 400,
        'performance-schema': 'off',
        'innodb-buffer-pool-size': '128M',
        # It reserves 8 TiB of addresses otherwise, which user-mode Linux refuses.
        'loose-innodb-buffer-pool-size-max': '256M',
        'innodb-flush-log-at-trx-commit': 0,
        'innodb-flush-method': 'fsync',
    }
    words = [f'--{name}={value}' for name, value in options.items()]
    command = ('mariadbd', '--no-defaults', '--skip-name-resolve', '--skip-log-bin', *words)
    return Program('mariadb', command, port=settings.ports.database)


def queue_environment(settings: Settings) -> dict[str, str]:
    """Return the environment in which the queue's node, and tools for it, have to run."""
    home = str(settings.places.of('rabbitmq'))
    return {
        'HOME': home,
        'RABBITMQ_NODENAME': NODE,
        'RABBITMQ_MNESIA_BASE': home,
        'RABBITMQ_LOG_BASE': str(settings.places.logs),
        'RABBITMQ_LOGS': '-',
        'RABBITMQ_NODE_PORT': str(settings.ports.amqp),
        'RABBITMQ_NODE_IP_ADDRESS': ADDRESS,
        'RABBITMQ_DIST_PORT': str(settings.ports.amqp_peers),
        'RABBITMQ_ENABLED_PLUGINS_FILE': f'{home}/enabled_plugins',
        'RABBITMQ_CONF_ENV_FILE': '/dev/null',
        'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': '+sbwt none +S 1:1',
        # Of every Erlang node: to look after epmd the queue starts short-lived ones.
        'ERL_AFLAGS': '-kernel inet_dist_use_interface {127,0,0,1}',
        'ERL_EPMD_ADDRESS': ADDRESS,
        'ERL_EPMD_PORT': str(settings.ports.amqp_names),
    }


def _rabbitmq(settings: Settings) -> Program:
    environment = queue_environment(settings)
    return Program('rabbitmq', (_RABBITMQ,), environment=environment, port=settings.ports.amqp)


def _apis(settings: Settings) -> list[Program]:
    """Return the services that answer HTTP."""
    places, ports = settings.places, settings.ports
    etc = places.etc
    cinder = ('--pyargv', f'--config-file {etc}/cinder/cinder.conf')
    networks = (places.program('python'), str(Path(__file__).with_name('networks.py')))
    return [
        _wsgi(
            settings,
            Program('keystone', ('keystone.wsgi.api',), port=ports.keystone),
            OS_KEYSTONE_CONFIG_FILES=f'{etc}/keystone/keystone.conf',
        ),
        _wsgi(
            settings,
            Program('placement', ('placement.wsgi.api',), port=ports.placement),
            OS_PLACEMENT_CONFIG_DIR=f'{etc}/placement',
        ),
        _wsgi(
            settings,
            Program('nova-api', ('nova.wsgi.osapi_compute',), port=ports.nova),
            OS_NOVA_CONFIG_DIR=f'{etc}/nova',
        ),
        _wsgi(
            settings,
            Program(
                'cinder-api',
                ('cinder.wsgi.api', *cinder),
                user=settings.cinder_user,
                port=ports.cinder,
            ),
            **_cinder_environment(settings),
        ),
        _wsgi(
            settings,
            Program('glance', ('glance.wsgi.api', *_CHUNKS), port=ports.glance),
            OS_GLANCE_CONFIG_DIR=f'{etc}/glance',
        ),
        Program('networks', (*networks, ADDRESS, str(ports.network)), port=ports.network),
    ]


def _workers(settings: Settings) -> list[Program]:
    """Return the services that wait for messages, and libvirt."""
    places = settings.places
    nova, cinder = f'{places.etc}/nova/nova.conf', f'{places.etc}/cinder/cinder.conf'
    found = [Program('libvirtd', ('libvirtd',), environment=_environment(settings))]
    for name in ('nova-conductor', 'nova-scheduler', 'nova-compute'):
        command = (places.program(name), '--config-file', nova)
        user = settings.nova_user if name == 'nova-compute' else 'root'
        found.append(Program(name, command, user=user, environment=_environment(settings)))
    for name in ('cinder-scheduler', 'cinder-volume', 'cinder-backup'):
        command = (places.program(name), '--config-file', cinder)
        environment = _cinder_environment(settings)
        found.append(Program(name, command, user=settings.cinder_user, environment=environment))
    return found


def _wsgi(settings: Settings, program: Program, **environment: str) -> Program:
    """Return a program as uWSGI serves it; its command is a module, and options for uWSGI."""
    module, *further = program.command
    command = (
        settings.places.program('uwsgi'),
        *('--module', f'{module}:application'),
        *('--http-socket', f'{ADDRESS}:{program.port}'),
        *('--processes', str(_SERVER_PROCESSES)),
        *('--virtualenv', str(settings.places.venv)),
        *('--buffer-size', '65535'),
        *('--add-header', 'Connection: close'),
        *('--master', '--die-on-term', '--enable-threads', '--thunder-lock'),
        *('--lazy-apps', '--need-app'),
        *further,
    )
    whole = {**_environment(settings), **environment}
    return dataclasses.replace(program, command=command, environment=whole)


def _environment(settings: Settings) -> dict[str, str]:
    path = f'{settings.places.venv}/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    return {'PATH': path, 'HOME': '/root', 'TMPDIR': str(settings.places.run)}


def _cinder_environment(settings: Settings) -> dict[str, str]:
    home = str(settings.places.of('cinder'))
    return {
        **_environment(settings),
        'HOME': home,
        'PYTHONPATH': str(settings.places.project),
    }
