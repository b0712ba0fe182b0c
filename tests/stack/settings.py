# SPDX-License-Identifier: Apache-2.0
"""What is asked of a stack, and where its things are.

Main class: :class:`Settings`; :class:`Ports` and :class:`Places` are parts of it.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.cloud import private
from nova_assist.cloud.identity import Identity
from tests.stack.errors import UnfitMachineError

ADDRESS = '127.0.0.1'
#: The name of the only host, of the only backend, and of its volume type.
HOST = 'nova-assist'
BACKEND = 'nfs'

#: Accounts as the NFS lab has them; elsewhere the stack alone sees them.
GROUP = 9000
ACCOUNTS = {'cinder': 9001, 'nova': 9002}
GROUP_NAME = 'volumes'
#: The account that Debian's libvirt makes for QEMU.
HYPERVISOR = 'libvirt-qemu'


class Share(enum.Enum):
    """What holds the volumes: a stand-in for NFS, or an export of the lab's."""

    LOCAL = 'local'
    NFS = 'nfs'


@dataclasses.dataclass(frozen=True)
class Ports:
    """The TCP ports of the stack, all on :data:`ADDRESS`.

    :ivar heard_nova: where Cinder reaches Nova while what they say is recorded.
    :ivar heard_cinder: likewise where Nova reaches Cinder.
    """

    keystone: int
    placement: int
    glance: int
    nova: int
    cinder: int
    network: int
    database: int
    amqp: int
    amqp_peers: int
    amqp_names: int
    heard_nova: int
    heard_cinder: int

    @classmethod
    def following(cls, base: int) -> Ports:
        """Return ports that follow each other."""
        return cls(*range(base, base + len(dataclasses.fields(cls))))

    def by_user(self) -> dict[str, int]:
        """Return the ports by who listens there."""
        return dataclasses.asdict(self)

    def check_free(self) -> None:
        """Make sure that nobody listens on any of them.

        :raises UnfitMachineError: somebody does.
        """
        for user, port in self.by_user().items():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((ADDRESS, port))
                except OSError as error:
                    raise UnfitMachineError(
                        f'port {port} on {ADDRESS}, which was to be for {user}, can not be had: '
                        f'{error}; choose others with --port-base'
                    ) from error


@dataclasses.dataclass(frozen=True)
class Places:
    """Folders and files below the base folder.

    What lies in ``state`` is made when the stack goes up, and removed when it goes down. The
    others stay: they take long to make.
    """

    base: Path
    series: str

    @property
    def venv(self) -> Path:
        """The services' virtual environment."""
        return self.base / f'venv-{self.series}'

    @property
    def guest(self) -> Path:
        """The guest's kernel and its first file system."""
        return self.base / 'guest'

    @property
    def install_log(self) -> Path:
        """What was installed, and how."""
        return self.base / 'install.log'

    @property
    def logs(self) -> Path:
        """The logs of one stack."""
        return self.base / 'log'

    @property
    def state(self) -> Path:
        """All that belongs to one stack."""
        return self.base / 'state'

    @property
    def etc(self) -> Path:
        """The services' configuration."""
        return self.state / 'etc'

    @property
    def machine_etc(self) -> Path:
        """The stack's own ``/etc``."""
        return self.state / 'machine-etc'

    @property
    def run(self) -> Path:
        """Sockets and locks."""
        return self.state / 'run'

    @property
    def clients(self) -> Path:
        """What clients need: ``clouds.yaml``, ``tempest.conf``, ``accounts.yaml``."""
        return self.state / 'clients'

    @property
    def project(self) -> Path:
        """A copy of this project's packages that every account can read."""
        return self.state / 'project'

    def of(self, service: str) -> Path:
        """Return the folder of a service's own files."""
        return self.state / service

    def program(self, name: str) -> str:
        """Return the path of a program of the virtual environment."""
        return str(self.venv / 'bin' / name)

    def log(self, name: str) -> Path:
        """Return the file that a program logs to."""
        return self.logs / f'{name}.log'


@dataclasses.dataclass(frozen=True)
class Settings:
    """One stack.

    :ivar options: further options for the backend's section of ``cinder.conf``.
    :ivar export: what is mounted, as ``host:/path``.
    :ivar exported: the folder that is exported, as the server has it.
    :ivar secure: NFS secure mode: both ``nas_secure_file_*`` options true.
    :ivar cinder_user: the account of Cinder's services, of :data:`ACCOUNTS` or ``root``.
    :ivar nova_user: likewise that of nova-compute.
    :ivar dynamic_ownership: whether libvirt hands the files of disks to QEMU's account.
    :ivar mount_options: with which Cinder and Nova mount the export.
    :ivar recorded: whether Cinder and Nova reach each other through a recorder only.
    """

    places: Places
    ports: Ports
    password: str
    driver: str
    options: Mapping[str, str]
    share: Share
    export: str
    exported: Path
    secure: bool = False
    cinder_user: str = 'cinder'
    nova_user: str = 'root'
    dynamic_ownership: bool = True
    mount_options: str = ''
    recorded: bool = False

    def save(self) -> None:
        """Write all this down, for those who come back to the stack."""
        private.write(self._file, self._text())

    def is_saved(self) -> bool:
        """Say whether the stack that is up was asked for with the same."""
        return self._file.exists() and self._file.read_text() == self._text()

    @property
    def _file(self) -> Path:
        return saved_in(self.places)

    def _text(self) -> str:
        return json.dumps(dataclasses.asdict(self), default=str, indent=1) + '\n'

    @property
    def identity(self) -> Identity:
        """Where Keystone is."""
        return Identity(self.ports.keystone, self.password)

    @property
    def cinder(self) -> Account | None:
        """The account of Cinder's services; ``None`` for ourselves."""
        return _account(self.cinder_user)

    @property
    def nova(self) -> Account | None:
        """Likewise that of nova-compute."""
        return _account(self.nova_user)

    @property
    def hypervisor(self) -> tuple[str, str]:
        """The account and the group of each QEMU.

        Where libvirt leaves owners alone it is nova-compute's account, or QEMU could not write to
        the servers' own disks.
        """
        return (HYPERVISOR, HYPERVISOR) if self.dynamic_ownership else ('nova', GROUP_NAME)

    def url(self, port: int, path: str = '') -> str:
        """Return the URL of a service."""
        return f'http://{ADDRESS}:{port}{path}'

    def database(self, name: str) -> str:
        """Return the URL of a database."""
        place = f'{ADDRESS}:{self.ports.database}'
        return f'mysql+pymysql://stack:{self.password}@{place}/{name}?charset=utf8mb4'

    @property
    def image_format(self) -> str:
        """The format of the files that the backend makes volumes of."""
        qcow2 = self.options.get('nfs_qcow2_volumes', 'false').lower() == 'true'
        return 'qcow2' if qcow2 else 'raw'

    @property
    def transport(self) -> str:
        """The URL of the message queue."""
        return f'rabbit://guest:guest@{ADDRESS}:{self.ports.amqp}/'


def _account(name: str) -> Account | None:
    if name == 'root':
        return None
    return Account(name, ACCOUNTS[name], ACCOUNTS[name], (GROUP,))


def saved_in(places: Places) -> Path:
    """Return where settings are saved."""
    return places.state / 'settings.json'


def password(places: Places) -> str:
    """Return everybody's password: that of the stack that is up, or a new one."""
    file = saved_in(places)
    if file.exists():
        return str(json.loads(file.read_text())['password'])
    return secrets.token_hex(16)
