# SPDX-License-Identifier: Apache-2.0
"""What the Cinder process is told: main class :class:`CinderSettings`, kept as a JSON file.

How the settings become a ``cinder.conf`` is left to :mod:`nova_assist.cloud.cinder_conf`.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nova_assist.accounts import Account
from nova_assist.cloud import private
from nova_assist.cloud.errors import SettingsError
from nova_assist.cloud.identity import Identity

#: The name of the host of a Cinder that is in no cluster, in Cinder's services and volumes.
HOST = 'nova-assist'

#: Where a Cinder that is in no cluster keeps its database and its locks, in its folder.
DATABASE_FILE = 'cinder.sqlite'
LOCKS_FOLDER = 'state/coordination'

#: The settings' name in their folder.
SETTINGS_FILE = 'settings.json'

#: What passages call the key manager.
BARBICAN = 'barbican'

_KEY_BYTES = 32


class Privilege(enum.Enum):
    """How what Cinder does as root is done.

    ``OURS``: with the rights that its process has. ``NONE``: not at all, and asking is a fault of
    the driver. ``SUDO``: by the machine's sudo, for an account that sudo trusts.
    """

    OURS = 'ours'
    NONE = 'none'
    SUDO = 'sudo'


@dataclasses.dataclass(frozen=True)
class Member:
    """What makes a Cinder one of a cluster's.

    :param host: the name of its host, which no other has.
    :param cluster: the cluster's name.
    :param database: the SQLite file of all of them.
    :param locks: the folder of the file locks of all of them.
    :param lock_url: what keeps their locks in place of that folder, as tooz has it, if anything.
    """

    host: str
    cluster: str
    database: Path
    locks: Path
    lock_url: str | None = None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Member:
        """Read what :meth:`CinderSettings.save` wrote."""
        paths = Path(data['database']), Path(data['locks'])
        return cls(data['host'], data['cluster'], *paths, data['lock_url'])


@dataclasses.dataclass(frozen=True)
class CinderSettings:
    """The settings of one embedded Cinder.

    :param folder: where its configuration, database and state are.
    :param driver: the volume driver's class path.
    :param port: the API's TCP port on 127.0.0.1.
    :param compute_url: the compute API's URL, version included.
    :param mount_base: the folder with the mount points of the shares.
    :param shares: the names of the shares by backend.
    :param qcow2_backends: the backends whose volumes are qcow2 files.
    :param options: further options, for every backend's section.
    :param privilege: how Cinder gets root.
    :param identity: the cloud's Keystone, if it has one.
    :param fixed_key: the key of all encrypted volumes, in hexadecimal digits.
    :param passages: the ports of who stands between the services, by the service that is reached.
    :param member: what makes it one of a cluster's, if it is.
    :param barbican_port: the TCP port on 127.0.0.1 of the cloud's Barbican, if it has one; then
        that keeps the keys of encrypted volumes, and the fixed one is not used.
    :raises SettingsError: there are passages beside a Keystone, whose catalog says where services
        are, but for Barbican.
    """

    folder: Path
    driver: str
    port: int
    compute_url: str
    mount_base: Path
    shares: Mapping[str, tuple[str, ...]]
    qcow2_backends: tuple[str, ...]
    options: Mapping[str, str]
    fixed_key: str
    privilege: Privilege = Privilege.OURS
    identity: Identity | None = None
    passages: Mapping[str, int] = dataclasses.field(default_factory=dict)
    member: Member | None = None
    barbican_port: int | None = None

    def __post_init__(self) -> None:
        if self.identity and self.passages.keys() - {BARBICAN}:
            raise SettingsError(
                f'the passages {dict(self.passages)} can not be used with a Keystone, whose '
                'catalog says where services are; leave out either'
            )

    @property
    def url(self) -> str:
        """The API's URL, version included."""
        return f'http://127.0.0.1:{self.port}/v3'

    @property
    def host(self) -> str:
        """The name of its host, in its services and volumes."""
        return self.member.host if self.member else HOST

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.member.database if self.member else self.folder / DATABASE_FILE

    @property
    def locks(self) -> Path:
        """The folder of its file locks."""
        return self.member.locks if self.member else self.folder / LOCKS_FOLDER

    @property
    def lock_url(self) -> str:
        """What keeps its locks, as tooz has it."""
        return (self.member and self.member.lock_url) or f'file://{self.locks}'

    @property
    def url_for_compute(self) -> str:
        """The API's URL as the compute service is to use it."""
        return f'http://127.0.0.1:{self.passages.get("cinder", self.port)}/v3'

    @property
    def compute_url_for_cinder(self) -> str:
        """The compute API's URL as Cinder is to use it."""
        passage = self.passages.get('compute')
        return f'http://127.0.0.1:{passage}/v2.1' if passage else self.compute_url

    @property
    def key_manager_url(self) -> str | None:
        """Barbican's URL, without version, as Cinder and the compute service are to use it."""
        port = self.passages.get(BARBICAN, self.barbican_port)
        return None if self.barbican_port is None else f'http://127.0.0.1:{port}'

    @property
    def mount_options(self) -> str | None:
        """What the drivers would mount with: ``nfs_mount_options`` or another prefix's."""
        names = (name for name in self.options if name.endswith('_mount_options'))
        return next((self.options[name] for name in names), None)

    def save(self, path: Path, account: Account | None = None) -> None:
        """Write the settings to a JSON file.

        :param account: who is to read them, if not we ourselves.
        """
        data = {**dataclasses.asdict(self), 'privilege': self.privilege.value}
        private.write(path, json.dumps(data, default=str, indent=1) + '\n', account)

    @classmethod
    def load(cls, path: Path) -> CinderSettings:
        """Read what :meth:`save` wrote."""
        data = json.loads(path.read_text())
        return cls(
            folder=Path(data['folder']),
            driver=str(data['driver']),
            port=int(data['port']),
            compute_url=str(data['compute_url']),
            mount_base=Path(data['mount_base']),
            shares={str(name): tuple(map(str, names)) for name, names in data['shares'].items()},
            qcow2_backends=tuple(map(str, data['qcow2_backends'])),
            options={str(name): str(value) for name, value in data['options'].items()},
            fixed_key=str(data['fixed_key']),
            privilege=Privilege(data['privilege']),
            identity=Identity(**data['identity']) if data['identity'] else None,
            passages={str(name): int(port) for name, port in data['passages'].items()},
            member=Member.parse(data['member']) if data['member'] else None,
            barbican_port=data['barbican_port'],
        )


def kept_key(path: Path) -> str:
    """Return the key that an earlier cloud has used, or a new one.

    :param path: the file of its settings.
    :raises SettingsError: the file is damaged.
    """
    new = secrets.token_hex(_KEY_BYTES)
    try:
        return str(json.loads(path.read_text()).get('fixed_key', new))
    except FileNotFoundError:
        return new
    except ValueError as error:
        raise SettingsError(
            f'{path} is not what a Cinder was told ({error!r}); remove it: without the key in it '
            'its encrypted volumes, if it has any, are lost'
        ) from error


def check_options(options: Mapping[str, str]) -> None:
    """Refuse what would become another line of ``cinder.conf``.

    :raises SettingsError: an option has a line break.
    """
    for name, value in options.items():
        if len(f'{name}={value}'.splitlines()) != 1:
            raise SettingsError(
                f'the option {name!r} = {value!r} cannot be put in cinder.conf: it has a line '
                'break; give one line'
            )
