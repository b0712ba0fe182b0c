# SPDX-License-Identifier: Apache-2.0
"""What scenarios do with encrypted volumes, and what that means for their models.

Main class: :class:`EncryptedVolumes`. Only a guest may write to such a volume: a host has no key.
That nothing of it is in the clear is left to :mod:`nova_assist.checks.sealed`.
"""

from __future__ import annotations

from cinderclient import exceptions as cinder_errors

from nova_assist.checks import luks
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.errors import NotPossible, StepFailed
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import LUKS, TrackedSnapshot, TrackedVolume
from nova_assist.scenarios.volumes import Volumes
from nova_assist.scenarios.writer import choose_blocks

#: What Nova has QEMU open; with other providers it takes a block device.
_ENCRYPTION = {
    'provider': 'luks',
    'cipher': 'aes-xts-plain64',
    'key_size': 256,
    'control_location': 'front-end',
}

#: What Cinder's API says if it gets no key for a volume (``create_encryption_key``).
_NO_KEY = 'Key manager error'


class EncryptedVolumes:
    """The encrypted volumes of one scenario, of a type like the scenario's but for that.

    The type is made with this.

    :raises NotPossible: the user may not make one
    :raises StepFailed: it is refused for another reason
    """

    def __init__(self, context: Context, volumes: Volumes) -> None:
        self._context = context
        self._volumes = volumes
        with refusals('making a volume type with encryption'):
            try:
                context.types = {**context.types, LUKS: self._make_type()}
            except cinder_errors.Forbidden as error:
                raise NotPossible(f'volume types can not be made here: {error}') from error

    def create(self, name: str) -> TrackedVolume:
        """Make an empty volume of 1 GiB, and wait for it.

        :raises NotPossible: Cinder gets no key for it
        :raises StepFailed: if it doesn't become available
        """
        try:
            volume = self._volumes.make(name, 1, LUKS)
        except StepFailed as error:
            if _NO_KEY in str(error):
                raise NotPossible(f'Cinder has no key manager that works: {error}') from error
            raise
        self._measure(volume)
        return volume

    def clone(self, source: TrackedVolume, name: str, gib: int = 1) -> TrackedVolume:
        """Make a volume from another that is detached, and wait for it.

        :raises StepFailed: if it doesn't become available
        """
        volume = self._volumes.clone_volume(source, name, gib)
        self._measure(volume)
        return volume

    def of_snapshot(self, snapshot: TrackedSnapshot, name: str, gib: int = 1) -> TrackedVolume:
        """Make a volume of a snapshot of another, and wait for it.

        :raises StepFailed: if it doesn't become available
        """
        volume = self._volumes.clone(snapshot, name, gib, LUKS)
        self._measure(volume)
        return volume

    def be_refused_a_snapshot(self, volume: TrackedVolume) -> None:
        """See that no snapshot is taken of an attached volume, and that nothing has changed.

        Nova has no key for another file: the guest would write to it in the clear.

        :raises StepFailed: one is taken, or something has
        """
        before, status = self._files(volume), self._context.api.volume_status(volume.id)
        taken = self._volumes.request_snapshot(volume, 'refused')
        self._volumes.await_snapshot(taken, 'refused', 'error', 'creating')
        self._context.await_volume(volume, status or 'in-use')
        if (after := self._files(volume)) != before:
            raise StepFailed(
                f'refusing a snapshot of volume {volume.name} has changed its files',
                ', '.join(before),
                ', '.join(after),
            )
        self._volumes.discard(taken, 'refused')

    def _make_type(self) -> str:
        context, types = self._context, self._context.api.cinder.volume_types
        like = next(each for each in types.list() if context.volume_type in (each.id, each.name))
        made = types.create(f'{context.scenario}-encrypted')
        context.made.add(made.id, f'volume type {made.name}', lambda: self._delete_type(made.id))
        made.set_keys(like.extra_specs)
        context.api.cinder.volume_encryption_types.create(made.id, _ENCRYPTION)
        return str(made.id)

    def _delete_type(self, type_id: str) -> None:
        with refusals('deleting the volume type with encryption'):
            self._context.api.cinder.volume_types.delete(type_id)
        self._context.made.drop(type_id)

    def _measure(self, volume: TrackedVolume) -> None:
        """Take from its file what a guest's disk lacks; judges tell if it has no header."""
        path = self._context.share_of(volume) / volume.file
        volume.header = luks.header_size(path) or 0
        volume.blocks = choose_blocks(self._context.rng, volume.disk_size)

    def _files(self, volume: TrackedVolume) -> list[str]:
        """Return the names of a volume's files, with their sizes."""
        found = self._context.share_of(volume).glob(f'{volume.file}*')
        return sorted(f'{path.name} ({path.stat().st_size} bytes)' for path in found)
