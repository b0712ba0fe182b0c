# SPDX-License-Identifier: Apache-2.0
"""Brings a stack up and takes it down.

Main class: :class:`Stack`. It names the service that does not come up.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.stack import catalog, contents, premises, readiness, reality, schemas
from tests.stack.cloud import Cloud
from tests.stack.commands import run
from tests.stack.errors import StackError
from tests.stack.guest.image import Guest
from tests.stack.namespace import Namespace
from tests.stack.programs import programs
from tests.stack.progress import Progress
from tests.stack.settings import Places, Settings
from tests.stack.supervision import Supervisor, compose

#: Seconds that a service may take, at most: one that works takes some ten beside nothing else.
_PATIENCE = 180.0
#: The same in the lab.
_PATIENCE_IN_LAB = 900.0

_END_SECONDS = 30.0
_PAUSE_SECONDS = 0.1
_LOOP_DEVICES = ('losetup', '--noheadings', '--output', 'BACK-FILE')

_FRONT = ('keystone', 'placement', 'networks')
_REST = (
    *('glance', 'nova-api', 'cinder-api', 'libvirtd'),
    *('nova-conductor', 'nova-scheduler'),
    *('cinder-scheduler', 'cinder-volume', 'cinder-backup'),
)
_COMPUTE = 'nova-compute'
_APIS = {'glance': 'glance', 'nova-api': 'nova', 'cinder-api': 'cinder', 'placement': 'placement'}


class Stack:
    """One stack, up or not."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._programs = programs(settings)
        self.namespace = namespace_of(settings.places)
        self.supervisor = Supervisor(settings.places)
        self.cloud = Cloud(settings)

    def up(self, guest: Guest) -> None:
        """Bring everything up, from nothing.

        :raises ServiceError: a service does not come up.
        :raises CommandError: a command that prepares it failed.
        """
        step = self._progress.step
        self._settings.ports.check_free()
        with step('folders, configuration'):
            premises.prepare(self._settings)
            self._settings.save()
            schemas.initialise(self._settings)
        with step('namespace, supervisor'):
            self._supervise()
        with step('MariaDB and RabbitMQ'):
            self._start('mariadb', 'rabbitmq')
            self._until('mariadb', 'answers', lambda: schemas.answer(self._settings))
        with step('schemas'):
            schemas.create(self._settings)
        with step('Keystone'):
            self._start(*_FRONT)
            self._until('keystone', 'answers', lambda: readiness.answers(self._url('keystone')))
            self._listening('placement', 'networks', 'rabbitmq')
        with step('users and catalog'):
            # Who has a token from before does not know the services.
            catalog.fill(Cloud(self._settings), self._settings)
        with step('libvirt, APIs, schedulers and the like'):
            self._start_services()
        with step('services report that they are up'):
            self._await_reports()
        readiness.check_addresses(self.namespace)
        with step('volume type, flavors, images'):
            contents.fill(self.cloud, self._settings, guest)

    def _supervise(self) -> None:
        places = self._settings.places
        conf = places.etc / 'supervisord.conf'
        conf.write_text(compose(places, self._programs.values()))
        command = [places.program('supervisord'), '--nodaemon', '--configuration', str(conf)]
        mounts = premises.mounts(self._settings)
        self.namespace.start(mounts, command, places.log('supervisord'))
        self.supervisor.wait()
        for each in premises.share_commands(self._settings):
            run(self.namespace.command(*each))

    def _start_services(self) -> None:
        self._start(*_REST)
        self._until('libvirtd', 'knows QEMU', lambda: readiness.hypervisor(self.namespace))
        # Without a conductor it would wait for one, and say nothing for long.
        self._until(
            'nova-conductor', 'reports', lambda: readiness.reports(self.cloud, 'nova-conductor')
        )
        self._start(_COMPUTE)
        for name, port in _APIS.items():
            self._until(name, 'answers', lambda port=port: readiness.answers(self._url(port)))

    def _await_reports(self) -> None:
        for name in ('nova-scheduler', 'cinder-scheduler', 'cinder-backup', 'cinder-volume'):
            self._until(name, 'reports', lambda name=name: readiness.reports(self.cloud, name))
        self._until(_COMPUTE, 'reports', lambda: readiness.reports(self.cloud, _COMPUTE))

    def _listening(self, *names: str) -> None:
        for name in names:
            port = self._programs[name].port
            if port:
                self._until(name, 'listens', lambda port=port: readiness.listens(port))

    def _start(self, *names: str) -> None:
        self.supervisor.start(*names)

    def _until(self, name: str, what: str, ready: Callable[[], object]) -> None:
        seconds = _PATIENCE_IN_LAB if reality.in_lab() else _PATIENCE
        self.supervisor.until(name, what, ready, seconds)

    def _url(self, name: str) -> str:
        return self._settings.url(self._settings.ports.by_user()[name], '/')


def namespace_of(places: Places) -> Namespace:
    """Return the namespace of the stack in these places, up or not."""
    return Namespace(places.run / 'namespace')


def down(places: Places) -> None:
    """End a stack, and remove all that was made for it but packages, guest and logs.

    :raises StackError: something is left.
    """
    namespace_of(places).end()
    if places.state.exists():
        _await_no_loop_devices(places)
        premises.remove(places)


def _await_no_loop_devices(places: Places) -> None:
    """Wait until the kernel has let go of the images of file systems that are not mounted."""
    deadline = time.monotonic() + _END_SECONDS
    while str(places.state) in (used := run(_LOOP_DEVICES)):
        if time.monotonic() > deadline:
            raise StackError(f'loop devices are left of {places.state}:\n{used}')
        time.sleep(_PAUSE_SECONDS)
