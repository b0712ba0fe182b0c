# SPDX-License-Identifier: Apache-2.0
"""What a storage daemon opens LUKS files with: one of its ``secret`` objects for each node.

Main functions: :func:`add` and :func:`prune`. Opening files is left to
:mod:`nova_assist.compute.block`.
"""

from __future__ import annotations

from nova_assist.compute import errors
from nova_assist.compute.storage_daemon import StorageDaemon

_PREFIX = 'secret-'


async def add(daemon: StorageDaemon, node: str, passphrase: str) -> str:
    """Give a daemon the passphrase for a node that is to be; it never is on a command line.

    :returns: the object's id.
    :raises DiskError: QEMU refuses it; the message doesn't have it.
    """
    ident = f'{_PREFIX}{node}'
    try:
        await daemon.execute('object-add', qom_type='secret', id=ident, data=passphrase)
    except errors.QmpCommandError as error:
        raise errors.DiskError(f'QEMU refused the secret {ident}: {error.reply}') from None
    return ident


async def prune(daemon: StorageDaemon) -> None:
    """Have a daemon forget the passphrases for nodes that are not there any more.

    :raises StorageDaemonError: QEMU doesn't answer.
    """
    known = await _names(daemon, '/objects') if 'objects' in await _names(daemon, '/') else []
    nodes = await daemon.execute('query-named-block-nodes', flat=True)
    used = {f'{_PREFIX}{node["node-name"]}' for node in nodes}
    for name in known:
        if name.startswith(_PREFIX) and name not in used:
            await daemon.execute('object-del', id=name)


async def _names(daemon: StorageDaemon, path: str) -> list[str]:
    return [each['name'] for each in await daemon.execute('qom-list', path=path)]
