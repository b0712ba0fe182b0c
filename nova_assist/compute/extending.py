# SPDX-License-Identifier: Apache-2.0
"""Disks grown because their volumes were: what follows the event ``volume-extended``.

Main class: :class:`Extending`. The steps and their order are those of nova-compute with libvirt
(``nova/compute/manager.py`` and ``nova/virt/libvirt/driver.py``, ``extend_volume``): Cinder is
asked how large the volume is, QEMU grows the disk to that, and with it the file, and nobody is
told but the server's action. A volume with a fault has its steps from
:mod:`nova_assist.compute.faults`.
"""

from __future__ import annotations

from nova_assist.compute import errors
from nova_assist.compute.attachments import Attachments
from nova_assist.compute.cinder import Cinder
from nova_assist.compute.faults import EXTENSION, EXTENSIONS, Faults, Plan, Step
from nova_assist.compute.guest import Guest
from nova_assist.compute.model import Server

_GIB = 1 << 30


class Extending:
    """Carries out events that were accepted.

    :param faults: the volumes that meet one.
    """

    def __init__(self, cinder: Cinder, attachments: Attachments, faults: Faults) -> None:
        self._cinder = cinder
        self._attachments = attachments
        self._faults = faults

    async def extend(self, server: Server, guest: Guest, volume_id: str, token: str) -> None:
        """Grow a disk to the size that its volume has in Cinder.

        :raises ComputeError: it can't be done.
        """
        plan = self._faults.extension(volume_id)
        if plan is None:
            await self._play(EXTENSION, None, server, guest, volume_id, token)
            return
        with plan.playing():
            await self._play(EXTENSIONS[plan.fault], plan, server, guest, volume_id, token)

    async def _play(
        self,
        steps: tuple[Step, ...],
        plan: Plan | None,
        server: Server,
        guest: Guest,
        volume_id: str,
        token: str,
    ) -> None:
        self._attachments.require(server, volume_id)
        size = 0
        for step in steps:
            if step is Step.LOOK:
                size = (await self._cinder.volume(token, volume_id)).size * _GIB
            elif step is Step.GROW:
                await guest.resize(volume_id, size)
            elif step is Step.FAIL:
                raise errors.DiskError(f'disk {volume_id} not grown, on purpose')
            elif plan is not None:
                await plan.hold()
