# SPDX-License-Identifier: Apache-2.0
"""A server's place in the hypervisor: what libvirt's domain is to Nova.

Main class: :class:`Guest`. Its calls follow those that Nova makes to libvirt, with libvirt's
rules: one change at a time, one block job a disk, and a guest that is off is changed in its
definition only. Who asks and why is left to the rest of the package.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping

from nova_assist.compute import errors, graph, images, jobs
from nova_assist.compute.block import BlockLayer
from nova_assist.compute.inside.system import System
from nova_assist.compute.model import DiskSource, ImageFormat
from nova_assist.compute.run_folder import RunFolder
from nova_assist.compute.storage_daemon import StorageDaemon

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class DiskView:
    """A running guest's disk as QEMU has it: where it is exported, and its files."""

    nbd_socket: str
    export_name: str
    daemon_pid: int
    chain: tuple[graph.Node, ...]


class Guest:
    """One server's storage daemon and disks, on or off.

    :param server_id: the server.
    :param run_folder: where its sockets are.
    :param on_stopped: called when the daemon went away without being asked to.
    :param system: what runs inside.
    """

    def __init__(
        self,
        server_id: str,
        run_folder: RunFolder,
        on_stopped: Callable[[str], None],
        system: System,
    ) -> None:
        self._id = server_id
        self._run_folder = run_folder
        self._on_stopped = on_stopped
        self._system = system
        self._lock = asyncio.Lock()
        self._daemon: StorageDaemon | None = None
        self._block: BlockLayer | None = None
        self._disks_with_job: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> bool:
        """Whether the guest is on."""
        return self._block is not None

    async def find(self, *, paused: bool) -> None:
        """Take the guest over from an earlier process of this service, if it is still running.

        Jobs that were under way go on, and their files are let go when they end; nobody is told,
        as with nova-compute.

        :raises DaemonGoneError: its process is there but doesn't answer.
        """
        daemon = await StorageDaemon.find(self._run_folder, self._id)
        if daemon is None:
            self._run_folder.forget(self._id)
            return
        block = BlockLayer(daemon)
        adopted = await jobs.adopt(daemon)
        await block.connect()
        self._adopt_daemon(daemon, block)
        await self._system.resume(daemon.nbd_socket, await block.chains(), paused=paused)
        for job in adopted:
            self._spawn(self._finish_orphan(job, block))

    async def power_on(self, disks: Mapping[str, DiskSource]) -> None:
        """Start the guest with these disks, by volume; all of them open, or it stays off.

        :raises ComputeError: a disk can't be opened, or the daemon can't be started.
        """
        async with self._lock:
            daemon = await StorageDaemon.start(self._run_folder, self._id)
            block = BlockLayer(daemon)
            try:
                for volume_id, source in disks.items():
                    await block.open(volume_id, source)
            except errors.ComputeError:
                await daemon.quit()
                self._run_folder.forget(self._id)
                raise
            self._adopt_daemon(daemon, block)
            await self._system.boot(daemon.nbd_socket, disks)

    async def power_off(self) -> None:
        """Stop the guest: its disks are flushed and closed; no news if it is off."""
        async with self._lock:
            daemon, self._daemon, self._block = self._daemon, None, None
            await self._system.halt()
            if daemon is not None:
                await daemon.quit()
                self._run_folder.forget(self._id)

    async def pause(self) -> None:
        """Have what runs inside stand still; its disks stay open, as QEMU keeps them."""
        async with self._lock:
            await self._system.pause()

    async def unpause(self) -> None:
        """Have what runs inside go on."""
        async with self._lock:
            await self._system.unpause()

    async def release(self) -> None:
        """Let go of the guest without stopping it."""
        for task in self._tasks:
            task.cancel()
        daemon, self._daemon, self._block = self._daemon, None, None
        await self._system.halt()
        if daemon is not None:
            await daemon.release()

    async def attach(self, volume_id: str, source: DiskSource) -> None:
        """Plug in a disk; a guest that is off gets it when it starts.

        :raises ComputeError: it can't be opened.
        """
        async with self._lock:
            if self._block is not None:
                await self._block.open(volume_id, source)
                await self._system.plug(volume_id)

    async def detach(self, volume_id: str) -> None:
        """Unplug a disk.

        :raises ComputeError: QEMU can't let go of it, a block job for one; it stays plugged in.
        """
        async with self._lock:
            if self._block is not None:
                self._refuse_if_job(volume_id)
                await self._system.unplug(volume_id)
                try:
                    await self._block.close(volume_id)
                except errors.ComputeError:
                    await self._system.plug(volume_id)
                    raise

    async def snapshot(self, volume_id: str, current: DiskSource, new_file: str) -> DiskSource:
        """Switch a disk to an overlay that is there already, beside its current file.

        libvirt's ``snapshotCreateXML`` with ``REUSE_EXT``: a guest that is off is only defined
        anew, with no look at what the file holds.

        :returns: what the disk is defined with from now on.
        :raises ComputeError: it can't be done; the disk stays as it was.
        """
        overlay = DiskSource(
            os.path.join(os.path.dirname(current.path), new_file), ImageFormat.QCOW2
        )
        async with self._lock:
            self._refuse_if_job(volume_id)
            if not os.path.isfile(overlay.path):
                raise errors.DiskError(f'the overlay {overlay.path} is not there')
            if self._block is not None:
                await self._block.snapshot(volume_id, overlay)
        return overlay

    async def commit(self, volume_id: str, top: str, base: str) -> None:
        """Merge the files from *top* down into *base*; wait for the job to end.

        :raises ComputeError: it can't be done, or wasn't.
        """
        async with self._lock:
            self._refuse_if_job(volume_id)
            if self._block is None:
                raise errors.DiskError(f'guest {self._id} is off: it can not commit {top}')
            job = await self._block.start_commit(volume_id, top, base)
            self._disks_with_job.add(volume_id)
        await self._finish(volume_id, job)

    async def pull(self, volume_id: str, current: DiskSource, base: str | None) -> None:
        """Merge what lies between *base* and the active file into it; wait for the job to end.

        With the guest off Nova has ``qemu-img rebase`` do it.

        :raises ComputeError: it can't be done, or wasn't.
        """
        async with self._lock:
            self._refuse_if_job(volume_id)
            if self._block is None:
                await images.rebase(current, base)
                return
            job = await self._block.start_pull(volume_id, base)
            self._disks_with_job.add(volume_id)
        await self._finish(volume_id, job)

    @contextlib.asynccontextmanager
    async def failing_write(
        self, volume_id: str, file_name: str | None, number: int
    ) -> AsyncIterator[None]:
        """Have the next write to a file of a disk fail; nothing fails where the guest is off.

        :raises ComputeError: there is no such disk or file.
        """
        broken: str | None = None
        async with self._lock:
            if self._block is not None:
                broken = await self._block.break_write(volume_id, file_name, number)
        try:
            yield
        finally:
            async with self._lock:
                if self._block is not None and broken is not None:
                    await self._block.mend(volume_id, broken)

    async def resize(self, volume_id: str, size: int) -> None:
        """Grow a disk to *size* bytes; nothing is done where the guest is off.

        :raises ComputeError: QEMU can't.
        """
        async with self._lock:
            self._refuse_if_job(volume_id)
            if self._block is not None:
                # Nobody may be connected to a disk while it is resized.
                async with self._system.away(volume_id):
                    await self._block.resize(volume_id, size)

    async def disks(self) -> dict[str, DiskView]:
        """Return the disks as QEMU has them, by volume; none where the guest is off.

        :raises StorageDaemonError: QEMU doesn't answer.
        """
        async with self._lock:
            if self._daemon is None or self._block is None:
                return {}
            socket, pid = str(self._daemon.nbd_socket), self._daemon.pid
            return {
                volume_id: DiskView(socket, volume_id, pid, tuple(chain))
                for volume_id, chain in (await self._block.chains()).items()
            }

    async def _finish(self, volume_id: str, job: jobs.Job) -> None:
        try:
            await job.wait(self._lock)
        finally:
            self._disks_with_job.discard(volume_id)
        async with self._lock:
            if self._block is not None:
                await self._block.prune()

    async def _finish_orphan(self, job: jobs.Job, block: BlockLayer) -> None:
        try:
            await job.wait(self._lock)
            async with self._lock:
                await block.prune()
        except errors.StorageDaemonError as error:
            LOG.warning('Guest %s: a job of an earlier process: %s', self._id, error)

    def _refuse_if_job(self, volume_id: str) -> None:
        if volume_id in self._disks_with_job:
            raise errors.DiskError(f'disk {volume_id} already has a block job under way')

    def _adopt_daemon(self, daemon: StorageDaemon, block: BlockLayer) -> None:
        self._daemon, self._block = daemon, block
        self._spawn(self._watch(daemon))

    async def _watch(self, daemon: StorageDaemon) -> None:
        await daemon.gone.wait()
        if self._daemon is daemon:
            LOG.warning('Guest %s: its daemon %s went away', self._id, daemon.pid)
            self._daemon = self._block = None
            await self._system.halt()
            self._on_stopped(self._id)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
