# SPDX-License-Identifier: Apache-2.0
"""Says what of a stack was real, and what stood in for something; main function: :func:`told`."""

from __future__ import annotations

import json
import os
import platform
import re
from pathlib import Path

from tests.stack.commands import run
from tests.stack.namespace import Namespace
from tests.stack.settings import Settings, Share

_DISTRIBUTIONS = ('keystone', 'openstack-placement', 'glance', 'nova', 'cinder')


def told(settings: Settings, namespace: Namespace) -> str:
    """Return it, a line for each; the share has to be mounted inside the namespace."""
    services = ', '.join(f'{name} {version}' for name, version in versions(settings).items())
    return '\n'.join(
        [
            f'real:      {services}; libvirt, MariaDB, RabbitMQ of Debian',
            'emulated:  processors, by QEMU (TCG)',
            'stands in: networks, of which there are none',
            _share(settings, namespace),
            f'driver:    {settings.driver}, {_accounts(settings)}',
        ]
    )


def versions(settings: Settings) -> dict[str, str]:
    """Return the versions of the services, by distribution."""
    shown = (
        'import json\nfrom importlib.metadata import version\n'
        f'print(json.dumps({{name: version(name) for name in {_DISTRIBUTIONS}}}))'
    )
    found: dict[str, str] = json.loads(run([settings.places.program('python'), '-c', shown]))
    return found


def _share(settings: Settings, namespace: Namespace) -> str:
    if settings.share is Share.LOCAL:
        return (
            'stands in: NFS IS NOT REAL: the share is a local ext4, bound by a stand-in for '
            'mount.nfs; nobody is squashed'
        )
    options = run(namespace.command('findmnt', '-n', '-t', 'nfs,nfs4', '-o', 'OPTIONS'))
    version = re.search(r'vers=([\d.]+)', options)
    squash = 'root_squash' if settings.secure else 'no_root_squash'
    return (
        f'real:      NFS {version[1] if version else "of an unknown version"}, {squash}, '
        f'client and server of kernel {platform.release()}{_machine()}'
    )


def _machine() -> str:
    virtual = 'User Mode Linux' in Path('/proc/cpuinfo').read_text()
    return ' (user-mode Linux)' if virtual else ''


def _accounts(settings: Settings) -> str:
    mode = 'NFS secure mode' if settings.secure else 'no secure mode'
    owners = f'dynamic_ownership {int(settings.dynamic_ownership)}'
    users = f'Cinder as {settings.cinder_user}, nova-compute as {settings.nova_user}'
    return f'{mode}, {users}, {owners}'


def in_lab() -> bool:
    """Say whether this process runs in the NFS lab."""
    return os.environ.get('NOVA_ASSIST_LAB') == '1'
