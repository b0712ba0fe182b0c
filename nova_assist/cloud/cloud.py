# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud as a context manager; main class: :class:`Cloud`.

It composes the other modules of this package and has no logic of its own about any of them.
"""

from __future__ import annotations

import contextlib
import functools
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nova_assist.accounts import Accounts
from nova_assist.cloud import (
    cinder_conf,
    client_files,
    host,
    separation,
    services,
    shares,
    surroundings,
)
from nova_assist.cloud.barbican import Barbican
from nova_assist.cloud.clients import Endpoints, KeystoneEndpoints
from nova_assist.cloud.errors import SettingsError
from nova_assist.cloud.keystone import Keystone
from nova_assist.cloud.premises import Premises
from nova_assist.cloud.reaper import MARK, Reaper
from nova_assist.cloud.service import STOP_SECONDS, Service
from nova_assist.cloud.settings import (
    SETTINGS_FILE,
    CinderSettings,
    Privilege,
    check_options,
    kept_key,
)
from nova_assist.cloud.shares import ShareView

#: The backends, their volume types, and the format of their volumes: all of one name.
BACKENDS = ('raw', 'qcow2')

_COMPUTE = (sys.executable, '-m', 'nova_assist.compute')


class Cloud:
    """A real Cinder and an embedded compute service, with shares for each of two backends.

    Entering starts both and returns when both are ready; leaving stops both, and leaves no
    process and no mount behind, nor does the end of this process in any way. Database and local
    shares stay in the folder: a later cloud there goes on from them.

    :param folder: where everything of the cloud is kept; made if missing.
    :param driver: the class path of a RemoteFS volume driver.
    :param share: a local folder, an NFS export ``host:/path`` to mount (as root; both backends
        are then on this one share), or ``None`` for a folder of the cloud's own.
    :param share_count: how many shares each backend has, local ones if they are several.
    :param options: further options for the backends' sections of ``cinder.conf``.
    :param cinder_port: the TCP port on 127.0.0.1 for Cinder, 0 for any free one.
    :param compute_port: likewise for the compute service.
    :param compute_command: what to run as the compute service, before its arguments.
    :param temporary: nothing is to outlast the cloud: its volumes are taken off a share of others
        in the end, and the folder is removed if this process is killed while the cloud runs.
    :param accounts: who runs Cinder and the hypervisor, if not we ourselves; that needs root.
    :param passages: TCP ports on 127.0.0.1 where somebody stands between the services, by the one
        that is reached, ``cinder``, ``compute`` or ``barbican``; with a Keystone, whose catalog
        tells where the others are, only the last.
    :param with_keystone: users log in with a Keystone of the cloud's own.
    :param with_barbican: the keys of encrypted volumes are in a Barbican of the cloud's own, which
        needs that Keystone; else there is one key for all of them.
    :param cinder_environment: further environment variables for Cinder.
    :param compute_environment: likewise for the compute service.
    :ivar mark: the cloud's id, which its processes carry in their environment.
    :ivar cinder: the Cinder process: API, scheduler and volume services.
    :ivar compute: the compute service's.
    :ivar keystone: the Keystone, if there is one.
    :ivar barbican: likewise the Barbican.
    :raises PortInUseError: something else listens on a port.
    :raises ShareError: there are to be several of one export.
    :raises SettingsError: an option can't be expressed in ``cinder.conf``, there are passages
        with a Keystone, or there is to be a Barbican without one.
    :raises MissingExtraError: Keystone or Barbican isn't installed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        driver: str,
        share: str | None = None,
        share_count: int = 1,
        options: Mapping[str, str] | None = None,
        cinder_port: int = 0,
        compute_port: int = 0,
        compute_command: tuple[str, ...] = _COMPUTE,
        temporary: bool = False,
        accounts: Accounts | None = None,
        passages: Mapping[str, int] | None = None,
        with_keystone: bool = False,
        with_barbican: bool = False,
        cinder_environment: Mapping[str, str] | None = None,
        compute_environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.driver = driver
        self.accounts = accounts
        self.mark = secrets.token_hex(8)
        self._umask = host.umask()
        self._temporary = temporary
        ours = {'keystone': with_keystone, 'barbican': with_barbican}
        self._ports = host.choose_ports(
            {
                'cinder': cinder_port,
                'compute': compute_port,
                **{name: 0 for name, wanted in ours.items() if wanted},
            }
        )
        self.keystone = self._keystone() if with_keystone else None
        self.barbican = self._barbican() if with_barbican else None
        self._layout = shares.plan(share, self.folder, BACKENDS, share_count)
        self._settings = self._cinder_settings(options or {}, passages or {})
        self._premises = Premises(self.folder, self._layout, self._settings, accounts, self.mark)
        self.cinder = self._cinder(cinder_environment or {})
        self.compute = self._compute(compute_command, compute_environment or {})
        self._reaper: Reaper | None = None
        self._standing = contextlib.ExitStack()

    def __enter__(self) -> Cloud:
        self.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything, and return when it is ready; whatever fails, leave nothing behind.

        :raises MissingToolError: QEMU's programs are missing.
        :raises FolderError: the folder, or the share's local one, can't be made, or another
            cloud runs in it, or has just done so.
        :raises ShareError: the share can't be mounted or written.
        :raises ServiceError: a service doesn't start, for instance because of the driver.
        """
        try:
            host.check_tools()
            if self.accounts:
                separation.check_programs(self.accounts, self.child_environment())
                self._standing.enter_context(self.accounts.cinder.joined())
                self._standing.enter_context(separation.readable())
            self._premises.claim()
            remains = self._premises.remains(self._temporary)
            self._reaper = Reaper(self.mark, remains, self._premises.claims)
            self._premises.prepare(self.child_environment())
            if self.keystone:
                entries = [self.barbican.entry] if self.barbican else []
                self.keystone.prepare(self._endpoints, entries)
            if self.barbican:
                self.barbican.prepare()
            for together in self._stages:
                for service in together:
                    service.spawn()
                for service in together:
                    service.await_ready()
            self._write_client_files()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all services in order, then kill and unmount whatever is left of the cloud.

        :raises CleanUpError: something can't be killed or unmounted.
        """
        try:
            deadline = time.monotonic() + STOP_SECONDS
            self.cinder.terminate()
            self.compute.terminate()
            for service in reversed(self._services):
                service.stop(max(0.0, deadline - time.monotonic()))
            if self._temporary and self._reaper:
                self._premises.forget_volumes()
        finally:
            self._clean_up()

    def give_up(self) -> None:
        """Kill the services, so that a start under way in another thread fails."""
        # That thread waits for them, and reads what they say until they end.
        self.cinder.send_kill()
        self.compute.send_kill()

    def check(self) -> None:
        """See that all services run.

        :raises ServiceError: one ended by itself.
        """
        for service in self._services:
            service.check()

    def switch_driver(self, driver: str) -> None:
        """Stop Cinder, and start it with another driver over the same database and shares.

        :param driver: the class path of a RemoteFS volume driver.
        :raises ServiceError: it doesn't start.
        """
        self.cinder.stop()
        self.driver = driver
        self._premises.switch_driver(driver)
        self.cinder.start()

    def cinderclient(self, project: str = 'demo', user: str = 'admin') -> Any:
        """Return a python-cinderclient that acts as the user in the project."""
        return self._endpoints.cinderclient(project, user)

    def novaclient(self, project: str = 'demo', user: str = 'admin', version: str = '2.60') -> Any:
        """Return a python-novaclient that acts as the user in the project.

        :param version: the compute API's microversion.
        """
        return self._endpoints.novaclient(project, user, version)

    def environment(self, project: str | None = None, user: str = 'admin') -> dict[str, str]:
        """Return the variables that make the ``openstack`` command talk to us.

        :param project: where the user acts; at home by default.
        :raises SettingsError: with a Keystone, the user isn't at home there.
        """
        return self._endpoints.environment(project, user)

    def versions(self) -> dict[str, str]:
        """Return the versions of what the cloud is made of, by name."""
        return host.versions()

    @property
    def shares(self) -> Mapping[str, ShareView]:
        """The share by backend, the first of it."""
        return self._layout.views

    def shares_of(self, backend: str) -> tuple[ShareView, ...]:
        """Return all shares of a backend."""
        return self._layout.of(backend)

    @property
    def database(self) -> Path:
        """The SQLite file of Cinder."""
        return self._settings.database

    @property
    def options(self) -> Mapping[str, str]:
        """The further options that the backends were given."""
        return self._settings.options

    @property
    def driver_prefix(self) -> str:
        """What the driver's options start with, as Cinder has found at its last start."""
        return cinder_conf.prefix_in((self._settings.folder / cinder_conf.FILE).read_text())

    @property
    def root_squashed(self) -> bool:
        """Whether root counts for nobody on the share; known once a cloud with accounts runs."""
        return self._premises.root_squashed

    @property
    def does_without_root(self) -> bool:
        """Whether to ask for root is a fault of the driver."""
        return self._settings.privilege is Privilege.NONE

    @property
    def asked_for_root(self) -> Path:
        """The file with a line for each time that Cinder asked to become root."""
        return self._premises.stand_ins.asked_for_root

    @property
    def scratch(self) -> Path:
        """A folder of the cloud's own for passing files, there while it runs.

        It is in memory where the machine has a folder for that, else in the cloud's folder.
        """
        return self._premises.scratch

    def child_environment(self) -> dict[str, str]:
        """Return our environment with the cloud's mark, for processes that are to end with it."""
        return {**host.child_environment(), MARK: self.mark}

    @functools.cached_property
    def _endpoints(self) -> Endpoints:
        urls = (self._settings.url, self._settings.compute_url)
        if self.keystone is None:
            return Endpoints(*urls)
        return KeystoneEndpoints(*urls, self.keystone.identity, self.folder)

    @property
    def _services(self) -> tuple[Service, ...]:
        """All services, in the order in which they become ready."""
        return tuple(service for together in self._stages for service in together)

    @property
    def _stages(self) -> tuple[tuple[Service, ...], ...]:
        """All services, those together that are started together; they become ready in turn."""
        first = [each.service for each in (self.keystone, self.barbican) if each]
        return ((*first, self.compute, self.cinder),)

    def _cinder_settings(
        self, options: Mapping[str, str], passages: Mapping[str, int]
    ) -> CinderSettings:
        check_options(options)
        return CinderSettings(
            folder=self.folder / 'cinder',
            driver=self.driver,
            port=self._ports['cinder'],
            compute_url=f'http://127.0.0.1:{self._ports["compute"]}/v2.1',
            mount_base=self._layout.base,
            shares={name: tuple(view.name for view in self.shares_of(name)) for name in BACKENDS},
            qcow2_backends=('qcow2',),
            options=dict(options),
            fixed_key=kept_key(self.folder / 'cinder' / SETTINGS_FILE),
            privilege=separation.privilege(self.accounts, options),
            identity=self.keystone.identity if self.keystone else None,
            passages=dict(passages),
            barbican_port=self._ports.get('barbican'),
        )

    def _write_client_files(self) -> None:
        if isinstance(self._endpoints, KeystoneEndpoints):
            account = self.accounts.cinder if self.accounts else None
            share = next(iter(self.shares.values())).path
            observed = surroundings.observe(self._endpoints, self._settings, share, account)
            client_files.write(self.folder, self._endpoints.identity, observed)

    def _keystone(self) -> Keystone:
        return Keystone(self.folder, self._ports['keystone'], self.child_environment())

    def _barbican(self) -> Barbican:
        if self.keystone is None:
            raise SettingsError(
                'Barbican gives keys to users of Keystone only; have the cloud start one, too'
            )
        identity = self.keystone.identity
        return Barbican(self.folder, self._ports['barbican'], identity, self.child_environment())

    def _cinder(self, environment: Mapping[str, str]) -> Service:
        return services.cinder(
            self._settings,
            self._premises.settings_file,
            self._premises.logs / 'cinder.log',
            {**self.child_environment(), 'PATH': self._premises.path, **environment},
            self.accounts,
            self._umask,
        )

    def _compute(self, command: Sequence[str], environment: Mapping[str, str]) -> Service:
        return services.compute(
            [*command, str(self._premises.compute), '--port', str(self._ports['compute'])],
            self._settings,
            self._layout,
            self._premises.logs / 'compute.log',
            {**self.child_environment(), **environment},
            self.accounts,
        )

    def _clean_up(self) -> None:
        """End the reaper, which cleans up, and give the folders back."""
        reaper, self._reaper = self._reaper, None
        try:
            if reaper:
                reaper.finish()
        finally:
            self._standing.close()
            self._premises.release()
