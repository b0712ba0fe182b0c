# SPDX-License-Identifier: Apache-2.0
"""The cinder-backup of the embedded cloud; main function: :func:`create`.

It runs in the process of Cinder's other services, without which messages would not reach it, and
keeps backups in a folder of the cloud's, see :mod:`nova_assist.cloud.cinder_conf`.
"""

from __future__ import annotations

import contextlib
from typing import Any

from cinder import service
from cinder.common import constants
from os_brick.initiator import connector
from os_brick.initiator.connectors import remotefs
from os_brick.privileged import rootwrap

from nova_assist.cloud.settings import Privilege


def create(privilege: Privilege) -> service.Service:
    """Return the service, which is to be started before the volume services.

    What it was doing when it died it gives up at its start, and then they can clean up after it.

    :param privilege: how Cinder gets root
    """
    _ask_for_shares_only()
    if privilege is Privilege.NONE:
        _mount_without_root()
    return service.Service.create(
        binary=constants.BACKUP_BINARY,
        service_name='backup',
        process_number=1,
        semaphore=contextlib.nullcontext(),
    )


def _ask_for_shares_only() -> None:
    """Have os-brick look only for what this host needs to attach volumes on shares.

    Before each backup it looks for what any protocol needs, and for iSCSI and NVMe as root. That
    would be blamed on the driver where there is no root, or stop the backup.
    """
    shares = f'{remotefs.__name__}.{remotefs.RemoteFsConnector.__name__}'
    connector.unix_connector_list[:] = [shares]


def _mount_without_root() -> None:
    """Have os-brick mount with the rights that there are.

    To mount is right even where root is a fault otherwise. A local share is mounted by a stand-in
    that does nothing, an export is mounted by then; drivers' own calls go through ``sudo``, whose
    stand-in makes the same exception.
    """
    as_root = rootwrap.execute_root

    def execute(*command: str, **options: Any) -> Any:
        if command[0] == 'mount':
            return rootwrap.custom_execute(*command, shell=False, run_as_root=False, **options)
        return as_root(*command, **options)

    rootwrap.execute_root = execute
