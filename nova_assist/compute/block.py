# SPDX-License-Identifier: Apache-2.0
"""The disks of one running server: opened, exported, switched to overlays, and merged.

Main class: :class:`BlockLayer`, which sends a storage daemon what libvirt sends QEMU. Which file
is whose is left to :mod:`nova_assist.compute.guest`.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

from nova_assist.compute import disk_secrets, errors, graph, images, jobs
from nova_assist.compute.model import DiskSource, ImageFormat
from nova_assist.compute.storage_daemon import StorageDaemon


class BlockLayer:
    """The block graph of one daemon; a disk is known by its volume's id.

    Callers see to it that calls don't overlap, those that return a job included; the job itself
    runs on its own, and :meth:`prune` follows it.
    """

    def __init__(self, daemon: StorageDaemon) -> None:
        self._daemon = daemon
        self._numbers = itertools.count()

    async def connect(self) -> None:
        """Take up where an earlier process of this service left off.

        :raises StorageDaemonError: QEMU doesn't answer.
        """
        _, found = await self._look()
        self._numbers = itertools.count(
            max((n.number for n in found.nodes.values()), default=-1) + 1
        )
        await self.prune()

    async def chains(self) -> dict[str, list[graph.Node]]:
        """Return the files of each disk as QEMU has them open, active file first, by volume.

        :raises StorageDaemonError: QEMU doesn't answer.
        """
        tops, found = await self._look()
        return {volume_id: found.chain(top) for volume_id, top in tops.items()}

    async def chain(self, volume_id: str) -> list[graph.Node]:
        """Return the files of one disk.

        :raises DiskError: there is no such disk.
        :raises StorageDaemonError: QEMU doesn't answer.
        """
        chains = await self.chains()
        if volume_id not in chains:
            raise errors.DiskError(f'no disk with serial {volume_id} is attached to the guest')
        return chains[volume_id]

    async def open(self, volume_id: str, source: DiskSource) -> None:
        """Open a file and its backing chain, and export it to the guest, writable.

        :raises ComputeError: it can't be opened; nothing of it stays open.
        """
        chain = await images.backing_chain(source)
        top: str | None = None
        try:
            for image in reversed(chain[1:]):
                top = await self._add_node(image, top, read_only=True)
            top = await self._add_node(source, top, read_only=False)
            await self._export(volume_id, top)
        except errors.ComputeError:
            await self.prune()
            raise

    async def close(self, volume_id: str) -> None:
        """Take a disk away from the guest and close its files.

        :raises StorageDaemonError: QEMU can't let go of it; the guest keeps it.
        """
        chain = (await self.chains()).get(volume_id)
        if chain is None:
            await self.prune()
            return
        await self._unexport(volume_id)
        try:
            await self.prune()
        except errors.StorageDaemonError:
            with contextlib.suppress(errors.StorageDaemonError):
                await self._export(volume_id, chain[0].name)
            raise

    async def snapshot(self, volume_id: str, overlay: DiskSource) -> None:
        """Make a file that is there already the disk's active file.

        :raises ComputeError: it can't be; the disk stays as it was.
        """
        top = (await self.chain(volume_id))[0].name
        name = await self._add_node(overlay, None, read_only=False)
        try:
            await self._daemon.execute('blockdev-snapshot', node=top, overlay=name)
        except errors.StorageDaemonError:
            await self.prune()
            raise

    async def start_commit(self, volume_id: str, top: str, base: str) -> jobs.Job:
        """Start to merge the files from *top* down into *base*.

        :raises ComputeError: it can't be done.
        """
        chain = await self.chain(volume_id)
        upper, lower = graph.find(chain, top), graph.find(chain, base)
        if not 0 < upper < lower:
            raise errors.DiskError(
                f'{top} can not be committed to {base}: it has to lie below the active file '
                f'{chain[0].file_name} and above {base}'
            )
        return await jobs.start(
            self._daemon,
            'block-commit',
            device=chain[0].name,
            top_node=chain[upper].name,
            base_node=chain[lower].name,
            backing_file=graph.relative_backing_name(chain, upper, lower),
        )

    async def start_pull(self, volume_id: str, base: str | None) -> jobs.Job:
        """Start to copy all that lies between the active file and *base* into the active file.

        :param base: the file that stays below; ``None`` to leave no backing file.
        :raises ComputeError: it can't be done.
        """
        chain = await self.chain(volume_id)
        arguments: dict[str, Any] = {}
        if base is not None:
            lower = graph.find(chain, base)
            arguments['base_node'] = chain[lower].name
            arguments['backing_file'] = graph.relative_backing_name(chain, 0, lower)
        return await jobs.start(self._daemon, 'block-stream', device=chain[0].name, **arguments)

    async def break_write(self, volume_id: str, file_name: str | None, number: int) -> str:
        """Have QEMU's ``blkdebug`` fail the next write to a file of a disk, as a bad share would.

        Only one write fails, whoever sends it: a qcow2 file that can't be flushed any more could
        not be mended either.

        :param file_name: one of the disk's chain; its active file by default.
        :param number: of the error, ``errno.EIO`` or another.
        :returns: the image's node, for :meth:`mend`.
        :raises ComputeError: there is no such file.
        """
        chain = await self.chain(volume_id)
        node = chain[0 if file_name is None else graph.find(chain, file_name)]
        await self._daemon.execute(
            'blockdev-add',
            driver='blkdebug',
            node_name=f'fault-{node.number}',
            image=f'file-{node.number}',
            inject_error=[{'event': 'none', 'iotype': 'write', 'errno': number, 'once': True}],
        )
        await self._put_above(volume_id, node.name, f'fault-{node.number}')
        return node.name

    async def mend(self, volume_id: str, name: str) -> None:
        """Take away what :meth:`break_write` has put between a node and its file.

        :raises ComputeError: it can't be taken away.
        """
        number = name.removeprefix(graph.IMAGE_PREFIX)
        await self._put_above(volume_id, name, f'file-{number}')
        await self._daemon.execute('blockdev-del', node_name=f'fault-{number}')

    async def _put_above(self, volume_id: str, name: str, file: str) -> None:
        """Have a node of a disk's chain reach its file through another node."""
        chain = await self.chain(volume_id)
        place = [node.name for node in chain].index(name)
        node, below = chain[place], chain[place + 1 :]
        found = await self._daemon.execute('query-named-block-nodes', flat=True)
        options: dict[str, object] = {
            'driver': node.driver,
            'node-name': name,
            'file': file,
            'read-only': next(each['ro'] for each in found if each['node-name'] == name),
            **caching(node.file),
        }
        if node.driver == ImageFormat.QCOW2.value:
            options['backing'] = below[0].name if below else None
        await self._daemon.execute('blockdev-reopen', options=[options])

    async def resize(self, volume_id: str, size: int) -> None:
        """Grow a disk until its file has *size* bytes, and check that QEMU sees the new size.

        That is nothing to do where the disk has it. Else the NBD export, which forbids to resize
        under it, is taken off meanwhile: NBD clients have to connect again, as they must to learn
        the new size.

        :raises ComputeError: it can't be done, or the size is another afterwards.
        """
        top = (await self.chain(volume_id))[0]
        size -= top.header
        if top.size == size:
            return
        await self._unexport(volume_id)
        try:
            await self._daemon.execute('block_resize', node_name=top.name, size=size)
        finally:
            await self._export(volume_id, top.name)
        found = (await self.chain(volume_id))[0].size
        if found != size:
            raise errors.DiskError(f'disk {volume_id} has {found} bytes after resizing to {size}')

    async def prune(self) -> None:
        """Close all files that no disk needs any more.

        :raises StorageDaemonError: QEMU can't let go of one.
        """
        tops, found = await self._look()
        for name in found.unused(tops.values()):
            await self._daemon.execute('blockdev-del', node_name=name)
        await disk_secrets.prune(self._daemon)

    async def _add_node(self, image: DiskSource, backing: str | None, *, read_only: bool) -> str:
        number = next(self._numbers)
        name = f'{graph.IMAGE_PREFIX}{number}'
        common = caching(image.path)
        options: dict[str, object] = {
            'driver': image.format.value,
            'node-name': name,
            'file': {
                'driver': 'file',
                'node-name': f'file-{number}',
                'filename': image.path,
                # As libvirt does: a commit has to be able to write to a backing file.
                'read-only': False,
                'auto-read-only': True,
                **common,
            },
            'read-only': read_only,
            **common,
        }
        if image.format is ImageFormat.QCOW2:
            options['backing'] = backing
        if image.passphrase is not None:
            options['key-secret'] = await disk_secrets.add(self._daemon, name, image.passphrase)
        await self._daemon.execute('blockdev-add', **options)
        return name

    async def _export(self, volume_id: str, node: str) -> None:
        await self._daemon.execute(
            'block-export-add',
            type='nbd',
            id=_export_id(volume_id),
            name=volume_id,
            node_name=node,
            writable=True,
        )

    async def _unexport(self, volume_id: str) -> None:
        with self._daemon.listen('BLOCK_EXPORT_DELETED') as events:
            await self._daemon.execute('block-export-del', id=_export_id(volume_id), mode='hard')
            while True:
                event = await self._daemon.next_event(events)
                if event['data'] == {'id': _export_id(volume_id)}:
                    return

    async def _look(self) -> tuple[dict[str, str], graph.Graph]:
        """Return each disk's own node, by volume, and the graph.

        That takes several questions, which are asked again if a job changed the graph meanwhile.
        """
        while True:
            edges = await self._daemon.execute('x-debug-query-block-graph')
            exports = await self._daemon.execute('query-block-exports')
            nodes = await self._daemon.execute('query-named-block-nodes', flat=True)
            if edges == await self._daemon.execute('x-debug-query-block-graph'):
                tops = {_volume(export['id']): export['node-name'] for export in exports}
                return tops, graph.Graph.parse(nodes, edges)


def caching(path: str) -> dict[str, object]:
    """Return how a node treats a file, as libvirt has it with ``cache='none'``."""
    cache = {'direct': images.supports_direct_io(path), 'no-flush': False}
    return {'discard': 'unmap', 'cache': cache}


def _export_id(volume_id: str) -> str:
    # QEMU's ids start with a letter.
    return f'disk-{volume_id}'


def _volume(export_id: str) -> str:
    return export_id[len('disk-') :]
