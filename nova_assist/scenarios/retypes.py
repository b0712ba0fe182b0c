# SPDX-License-Identifier: Apache-2.0
"""What scenarios retype from one format to the other, and what that means for their models.

Main class: :class:`Retypes`. The types are of different backends, so Cinder has to migrate the
volume; what it holds stays the same.
"""

from __future__ import annotations

from nova_assist.scenarios.context import Context
from nova_assist.scenarios.errors import StepFailed
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.tracked import TrackedVolume
from nova_assist.scenarios.volumes import Volumes


class Retypes:
    """The retypes of one volume, to the other format and back.

    :param volume: it exists
    """

    def __init__(self, context: Context, volumes: Volumes, volume: TrackedVolume) -> None:
        self._context = context
        self._volumes = volumes
        self._volume = volume
        self._host = self._found_host()

    def retype(self) -> None:
        """Give the volume, which nobody uses, the type of the other format; wait for the end.

        :raises StepFailed: it is refused, or doesn't end well
        """
        wanted = self._other_format()
        if not self.attempt():
            raise self._failed(f'did not become {wanted}', f'a {wanted} volume', 'the one it was')
        self._require_type()

    def attempt(self, policy: str = 'on-demand') -> bool:
        """Ask for the type of the other format, and wait for the end; returns if it has moved.

        :param policy: when Cinder may migrate, ``on-demand`` or ``never``
        :raises StepFailed: the request is refused, or ends in a status that it did not have
        """
        self._request(self._context.types[self._other_format()], policy)
        moved = self.take_up()
        if not moved:
            self._require_type()
        return moved

    def take_up(self) -> bool:
        """Have the volume judged by the files that it has now; returns if it has moved.

        :raises StepFailed: nobody tells
        """
        volume, context = self._volume, self._context
        host = self._found_host()
        moved = host != self._host
        if moved:
            self._await_removal()
            volume.image_format, self._host = self._other_format(), host
            with refusals(f'asking for the files of volume {volume.name}'):
                volume.name_id = context.api.name_id(volume.id)
            self._volumes.made.add(volume.name_id or volume.id)
            context.find(volume)
        return moved

    def settle(self) -> None:
        """Give the volume, which has moved but may have its old type, that of its format.

        :raises StepFailed: it is refused, or doesn't end well
        """
        if not self._has_type():
            self._request(self._context.types[self._volume.image_format], 'never')
        self._require_type()

    def _request(self, volume_type: str, policy: str) -> None:
        volume, context = self._volume, self._context
        with refusals(f'retyping volume {volume.name} to {volume_type}, with migration {policy}'):
            context.api.cinder.volumes.retype(volume.id, volume_type, policy)
        context.await_volume(volume, 'in-use' if volume.server else 'available', 'retyping')

    def _await_removal(self) -> None:
        """Wait until Cinder has removed what it has copied, if it is Cinder that did so.

        :raises TookTooLong: it doesn't
        """
        api = self._context.api
        name = f'{self._context.scenario}-{self._volume.name}'

        def removed() -> bool | None:
            with refusals('listing the volumes'):
                found = api.cinder.volumes.list(detailed=False)
            return True if sum(each.name == name for each in found) == 1 else None

        self._context.patience.wait(f'the removal of what {name} was copied from', removed)

    def _other_format(self) -> str:
        [other] = self._context.types.keys() - {self._volume.image_format}
        return other

    def _found_host(self) -> str:
        with refusals(f'asking where volume {self._volume.name} is'):
            return self._context.api.host(self._volume.id)

    def _has_type(self) -> bool:
        volume, context = self._volume, self._context
        with refusals(f'asking for the type of volume {volume.name}'):
            return context.api.is_of_type(volume.id, context.types[volume.image_format])

    def _require_type(self) -> None:
        if not self._has_type():
            image_format = self._volume.image_format
            raise self._failed(
                f'has another type than its {image_format} backend',
                f'the type of {image_format} volumes',
                'another',
            )

    def _failed(self, fault: str, expected: str, found: str) -> StepFailed:
        volume = self._volume
        return self._context.failed(
            f'volume {volume.name} ({volume.id}) {fault}', expected, found, volume.id
        )
