# SPDX-License-Identifier: Apache-2.0
"""A real Cinder in this process: API, scheduler, backup, and a volume service for each backend.

Main class: :class:`CinderServices`. The patching for eventlet has to be done by then; who starts
and ends the process is left to :mod:`nova_assist.cloud.service`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import os_brick
import os_brick.privileged
import sqlalchemy
from cinder import context, coordination, exception, objects, privsep, rpc, service
from cinder.common import config as _options  # noqa: F401 -- registers Cinder's options
from cinder.common import constants
from cinder.db import api as database
from cinder.db import migration
from cinder.volume import configuration as _volume_options  # noqa: F401 -- likewise
from cinder.volume import volume_types, volume_utils
from eventlet import patcher
from oslo_config import cfg
from oslo_log import log
from oslo_privsep import priv_context

from nova_assist.client import poll
from nova_assist.cloud import (
    backup_service,
    cinder_api,
    cinder_conf,
    downloads,
    kept_connections,
    private,
    threaded_api,
    threaded_database,
)
from nova_assist.cloud.settings import CinderSettings, Privilege

#: How long the services may take, once started, until the scheduler knows every backend.
READY_SECONDS = 120


class StartError(Exception):
    """Cinder can't start; the message is a sentence for the user."""


class _Errors(logging.Handler):
    """Remembers what was logged as an error: Cinder logs a driver's failure, and goes on."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._said: list[str] = []
        self._after_exception = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Remember the exception that a record has, or else its message."""
        error = record.exc_info[1] if record.exc_info else None
        self._said.append(_describe(error) if error else record.getMessage())
        if error:
            self._after_exception = len(self._said)

    @property
    def text(self) -> str:
        """What was said, up to the last exception: what follows one is about its effects."""
        said = self._said[: self._after_exception] or self._said
        return '; '.join(said) or 'no error was logged'


class CinderServices:
    """Cinder's services, started and stopped together.

    :param settings: what to run.
    """

    def __init__(self, settings: CinderSettings) -> None:
        self.url = settings.url
        self._settings = settings
        self._errors = _Errors()
        self._volumes: dict[str, service.Service] = {}
        self._backup: service.Service | None = None
        self._api: service.WSGIService | threaded_api.ThreadedApi | None = None

    @property
    def drivers(self) -> Mapping[str, Any]:
        """The volume driver of each backend, once everything has started."""
        return {backend: each.manager.driver for backend, each in self._volumes.items()}

    @property
    def shares(self) -> Path:
        """The folder in which the drivers have their shares."""
        return self._settings.mount_base

    def start(self) -> None:
        """Start every service, and return when the scheduler knows every backend.

        :raises StartError: the driver can't be loaded or doesn't initialise.
        """
        self._configure()
        self._prepare_database()
        rpc.init(cfg.CONF)
        coordination.COORDINATOR.start()
        scheduler = service.Service.create(
            binary=constants.SCHEDULER_BINARY, topic=constants.SCHEDULER_TOPIC
        )
        threading.Thread(target=scheduler.start, daemon=True).start()
        self._create_volume_services()
        self._refuse_unknown_options()
        _rehome_workers(self._volumes, unclaimed=self._settings.member is None)
        self._backup = backup_service.create(self._settings.privilege)
        self._backup.start()
        for backend in self._volumes:
            self._start_volume_service(backend)
        self._start_api()
        self._await_backends()

    def stop(self) -> None:
        """Stop in order: no new requests, then let what is under way finish."""
        if self._api:
            self._api.stop()
        services = [*([self._backup] if self._backup else []), *self._volumes.values()]
        for each in services:
            each.stop()
        for each in services:
            each.wait()

    def _configure(self) -> None:
        """Write ``cinder.conf`` and the shares' files, and load them."""
        settings = self._settings
        objects.register_all()  # before the driver's module, which may use them
        prefix = _driver_prefix(settings.driver)
        path = settings.folder / cinder_conf.FILE
        private.write(path, cinder_conf.compose(settings, prefix, _data_files()))
        for backend, shares in settings.shares.items():
            cinder_conf.shares_file(settings, backend).write_text('\n'.join([*shares, '']))
        for folder in (settings.folder / 'state' / 'lock', settings.locks):
            folder.mkdir(parents=True, exist_ok=True)
        log.register_options(cfg.CONF)
        cfg.CONF(['--config-file', str(path)], project='cinder', default_config_dirs=[])
        log.setup(cfg.CONF, 'cinder')
        logging.getLogger().addHandler(self._errors)
        os_brick.setup(cfg.CONF)
        if settings.privilege is Privilege.OURS:
            _run_privileged_calls_here()
        elif settings.privilege is Privilege.NONE:
            downloads.look_unprivileged()

    def _prepare_database(self) -> None:
        """Make the database where there is none, and each backend's volume type.

        It is made under another name, so that one half made is never taken for one.
        """
        if self._settings.member or not _under_eventlet():
            threaded_database.take_turns()
        kept_connections.keep(_transactions())
        path = self._settings.database
        if not path.exists():
            new = path.with_suffix('.new')
            new.unlink(missing_ok=True)
            engine = sqlalchemy.create_engine(f'sqlite:///{new}')
            migration.db_sync(engine=engine)
            engine.dispose()
            os.replace(new, path)
        admin = context.get_admin_context()
        present = volume_types.get_all_types(admin)
        for backend in self._settings.shares:
            if backend not in present:
                volume_types.create(admin, backend, {'volume_backend_name': backend})

    def _create_volume_services(self) -> None:
        for backend in self._settings.shares:
            try:
                self._volumes[backend] = service.Service.create(
                    host=f'{self._settings.host}@{backend}',
                    service_name=backend,
                    binary=constants.VOLUME_BINARY,
                    topic=constants.VOLUME_TOPIC,
                    coordination=True,
                    cluster=self._cluster(backend),
                )
            except Exception as error:
                raise StartError(
                    f'driver {self._settings.driver} cannot be created for backend {backend}: '
                    f'{_describe(error)}'
                ) from error

    def _cluster(self, backend: str) -> str | None:
        member = self._settings.member
        return f'{member.cluster}@{backend}' if member else None

    def _refuse_unknown_options(self) -> None:
        """Refuse options that no driver has registered: oslo.config would pass over a typo."""
        for backend in self._volumes:
            for name in self._settings.options:
                if name not in cfg.CONF[backend]:
                    raise StartError(
                        f'driver {self._settings.driver} has no option {name!r}; see its '
                        f'documentation for the names'
                    )

    def _start_volume_service(self, backend: str) -> None:
        volume = self._volumes[backend]
        volume.start()
        if not volume.manager.driver.initialized:
            problem = 'did not initialise'
        elif not _capacity(volume.manager.last_capabilities):
            problem = 'came up without its share'
        else:
            return
        raise StartError(
            f'driver {self._settings.driver} {problem} for backend {backend}: {self._errors.text}'
        )

    def _start_api(self) -> None:
        cinder_api.let_pools_be_shown()
        loader = cinder_api.loader(self._settings.identity)
        try:
            if _under_eventlet():
                self._api = service.WSGIService('osapi_volume', loader=loader)
            else:
                application = loader.load_app('osapi_volume')
                self._api = threaded_api.ThreadedApi(application, self._settings.port)
        except OSError as error:
            raise StartError(
                f'cannot listen on 127.0.0.1:{self._settings.port}: {error}'
            ) from error
        self._api.start()

    def _await_backends(self) -> None:
        """Wait until the API answers that the scheduler knows every backend."""
        wanted = {volume.manager.service_topic_queue for volume in self._volumes.values()}
        token = cinder_api.admin_token(self._settings.identity, READY_SECONDS)
        known = poll(
            lambda: cinder_api.known_backends(self._settings.port, token),
            wanted.issubset,
            READY_SECONDS,
        )
        if not wanted <= known:
            raise StartError(
                f'after {READY_SECONDS} s the scheduler knows {sorted(known)}, not all of '
                f'{sorted(wanted)}; last error: {self._errors.text}'
            )


def _under_eventlet() -> bool:
    """Tell whether threads are green: since 2026.2 Cinder can do without (``monkey_patch``)."""
    patched: bool = patcher.is_monkey_patched('thread')
    return patched


def _describe(error: BaseException) -> str:
    """Return an exception as one names it to a user."""
    return f'{type(error).__name__}: {error}'


def _driver_prefix(driver: str) -> str:
    """Load the driver's class, and return what its options start with.

    :raises StartError: there is no such class, its module fails, or it isn't a RemoteFS driver.
    """
    module, _, name = driver.rpartition('.')
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:
        raise StartError(
            f'cannot load the volume driver {driver!r}: {_describe(error)}; '
            'give the path of a class, such as cinder.volume.drivers.nfs.NfsDriver'
        ) from error
    prefix = getattr(found, 'driver_prefix', None)
    if not isinstance(prefix, str):
        raise StartError(f'{driver} is not a RemoteFS volume driver: it has no driver_prefix')
    return prefix


def _transactions() -> Any:
    """Return what makes the transactions of Cinder's database."""
    try:
        return database.main_context_manager
    except AttributeError:  # before 2026.2
        return database.IMPL.main_context_manager


def _data_files() -> Path:
    """Return the folder with the ``api-paste.ini`` that Cinder's distribution installed."""
    for file in importlib.metadata.files('cinder') or ():
        if file.name == 'api-paste.ini':
            return Path(str(file.locate())).resolve().parent
    raise StartError('the installed cinder distribution has no api-paste.ini; install it by pip')


def _run_privileged_calls_here() -> None:
    """Run what goes through oslo.privsep in this process, with the rights that it has.

    Its helper would need sudo and rules in ``/etc``. As root nothing is lost; without root the
    share is a local folder of the user's own. Never where Cinder has an account of its own: that
    has to do without root, or ask sudo for it.
    """
    # How many os-brick has depends on its release.
    for each in (privsep.sys_admin_pctxt, *vars(os_brick.privileged).values()):
        if isinstance(each, priv_context.PrivContext):
            each.set_client_mode(False)


def _rehome_workers(services: Mapping[str, service.Service], *, unclaimed: bool) -> None:
    """Give what a killed process left unfinished to the volume service that it belongs to.

    Cinder notes the id of "the" service once a process, so with several in one process all
    unfinished work would be cleaned up, or refused, by the one started last. What others of a
    cluster do is theirs.

    :param services: the volume services by backend
    :param unclaimed: what nobody has begun yet is theirs too
    """
    admin = context.get_admin_context()
    ours = {None} if unclaimed else set()
    ours |= {each.origin_service_id for each in services.values()}
    for worker in database.worker_get_all(admin):
        if worker.service_id not in ours:
            continue
        try:
            found = getattr(objects, worker.resource_type).get_by_id(admin, worker.resource_id)
        except exception.NotFound:
            continue
        host = found.volume.host if isinstance(found, objects.Snapshot) else found.host
        owner = services.get(_backend(host)) if host else None
        if owner:
            database.worker_update(admin, worker.id, service_id=owner.origin_service_id)


def _backend(host: str) -> str:
    return str(volume_utils.extract_host(host)).rpartition('@')[2]


def _capacity(capabilities: dict[str, Any]) -> float:
    """Return the GiB of a backend's pools; drivers may also say ``infinite`` or ``unknown``.

    RemoteFS drivers log a share that they can't mount, and report a capacity of nothing.
    """
    totals = [
        pool.get('total_capacity_gb', 'unknown')
        for pool in capabilities.get('pools') or [capabilities]
    ]
    return sum(total if isinstance(total, (int, float)) else float('inf') for total in totals)
