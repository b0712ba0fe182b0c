# SPDX-License-Identifier: Apache-2.0
"""A guest that is made to write by a script, over ssh.

Main class: :class:`SshGuest`. The script ``guest.sh`` says the same as the console guest, into a
file in the guest; it needs no more than a shell, ``dd``, ``awk`` and ``sha256sum``.
"""

from __future__ import annotations

import base64
import importlib.resources
import shlex
from collections.abc import Mapping
from typing import Any

from tempest import config
from tempest.common import compute
from tempest.lib.common.utils.linux import remote_client

from console_guest import protocol
from tempest_plugin import errors
from tempest_plugin.data.guest import Guest

CONF = config.CONF

_SCRIPT = '/tmp/nova-assist-guest.sh'  # noqa: S108 - in the guest, which is ours alone
_LOG = '/tmp/nova-assist-guest.log'  # noqa: S108

#: Half of the disk, where no record comes to, but no more than this. Not zeros: QEMU may leave
#: them out.
_WRITE_MUCH = """
bytes=$(blockdev --getsize64 {device} 2>/dev/null || wc -c < {device}); mib=$((bytes / 2097152))
[ $mib -le 512 ] || mib=512
tr '\\0' '\\377' < /dev/zero | head -c $((mib * 1048576)) \\
    | dd of={device} bs=1048576 seek=$((bytes / 2097152)) conv=notrunc,fsync
"""


class SshGuest(Guest):
    """A guest that somebody is logged in to, who may become root."""

    def __init__(self, remote: Any, name: str, *, seconds: float, pause: float) -> None:
        """Take the remote client of the guest, and what to call it."""
        super().__init__(name, seconds=seconds, pause=pause)
        self._remote = remote

    @classmethod
    def logged_in(
        cls, servers_client: Any, server: Mapping[str, Any], resources: Mapping[str, Any]
    ) -> SshGuest:
        """Return the guest of a server that was made with these validation resources."""
        remote = remote_client.RemoteClient(
            compute.get_server_ip(server, validation_resources=resources),
            CONF.validation.image_ssh_user,
            CONF.validation.image_ssh_password,
            resources['keypair']['private_key'],
            server=server,
            servers_client=servers_client,
            ssh_timeout=CONF.validation.ssh_timeout,
            connect_timeout=CONF.validation.connect_timeout,
            ssh_key_type=CONF.validation.ssh_key_type,
            ssh_shell_prologue='',
        )
        return cls(
            remote,
            f'server {server["id"]}',
            seconds=servers_client.build_timeout,
            pause=servers_client.build_interval,
        )

    def text(self) -> str:
        """Return what the script has said in the guest."""
        return str(self._remote.exec_command(f'cat {_LOG} 2>/dev/null || true'))

    def prepare(self, volume_id: str) -> None:
        """Start the script on the disk of a volume; once after each start and each attachment.

        :raises GuestFailed: the guest has no such disk
        """
        device = self._device(protocol.serial_of(volume_id))
        script = importlib.resources.files('tempest_plugin.data').joinpath('guest.sh').read_bytes()
        upload = shlex.quote(base64.b64encode(script).decode('ascii'))
        self._remote.exec_command(f'echo {upload} | base64 -d > {_SCRIPT}')
        arguments = shlex.join([_SCRIPT, device, protocol.serial_of(volume_id)])
        self._remote.exec_command(f'sudo nohup sh {arguments} >> {_LOG} 2>/dev/null < /dev/null &')

    def write_much(self, volume_id: str) -> None:
        """Have the guest write up to 512 MiB to the second half of a disk."""
        device = self._device(protocol.serial_of(volume_id))
        script = shlex.quote(_WRITE_MUCH.format(device=device))
        self._remote.exec_command(f'sudo sh -c {script}')

    def _device(self, serial: str) -> str:
        look = f'grep -lx {shlex.quote(serial)} /sys/block/*/serial || true'
        found = self._until(
            f'disk {serial} in {self._name}',
            lambda: str(self._remote.exec_command(look)).split(),
            bool,
        )
        if len(found) != 1:
            raise errors.GuestFailed(f'{self._name} has disk {serial} more than once: {found}')
        return f'/dev/{found[0].split("/")[3]}'
