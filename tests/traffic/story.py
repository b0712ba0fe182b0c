# SPDX-License-Identifier: Apache-2.0
"""The life of a volume, as far as Cinder and Nova have to talk about it.

Main class: :class:`Story`, told through ordinary clients on any cloud whose services talk through
a recorder. A step ends when all that it leads to has been said, which is left to the one who has
it told: Nova goes on talking after the last status has changed.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

from tests.traffic.telling import Enough, Telling


class Story(Telling):
    """Tells all of it once."""

    def tell(self) -> None:
        """Go through all of it, or up to the step that is to be the last.

        :raises StoryFailed: the cloud doesn't do what is asked of it.
        """
        with contextlib.suppress(Enough):
            self._tell_all()

    def _tell_all(self) -> None:
        with self.step('volume made'):
            volume = self.make(1)
        with self.step('server booted'):
            server = self.boot()
        self._tell_online(server, volume)
        self._tell_growing(volume)
        self._tell_resting(server, volume)
        self._tell_again(server, volume)
        self._tell_refused(server, volume)
        with self.step('server deleted, with the volume attached'):
            self.delete(self.nova.servers, server)
            self.await_status(self.cinder.volumes, volume, 'available')
        with self.step('volume deleted'):
            self.delete(self.cinder.volumes, volume)

    def _tell_online(self, server: Any, volume: Any) -> None:
        """Have snapshots deleted in every position while the guest has the volume open."""
        with self.step('volume attached'):
            self.connect(server, volume)
        with self.step('first snapshot taken'):
            first = self.take(volume)
        with self.step('second snapshot taken'):
            second = self.take(volume)
        with self.step('older of two deleted'):
            self.drop(first)
        with self.step('only one deleted'):
            self.drop(second)
        with self.step('first of three taken'):
            oldest = self.take(volume)
        with self.step('second of three taken'):
            middle = self.take(volume)
        with self.step('third of three taken'):
            newest = self.take(volume)
        with self.step('middle of three deleted'):
            self.drop(middle)
        with self.step('newest of two deleted'):
            self.drop(newest)
        with self.step('last one deleted'):
            self.drop(oldest)

    def _tell_growing(self, volume: Any) -> None:
        with self.step('volume extended while attached'):
            self.cinder.volumes.extend(volume.id, 2)
            self.await_status(self.cinder.volumes, volume, 'in-use')
        with self.step('volume cloned while attached'):
            clone = self.make(2, source_volid=volume.id)
        with self.step('clone deleted'):
            self.delete(self.cinder.volumes, clone)

    def _tell_resting(self, server: Any, volume: Any) -> None:
        """Have the server stopped and started between snapshots."""
        with self.step('snapshot taken before the server is stopped'):
            older = self.take(volume)
        with self.step('newer one taken before the server is stopped'):
            newer = self.take(volume)
        with self.step('server stopped'):
            server.stop()
            self.await_status(self.nova.servers, server, 'SHUTOFF')
        with self.step('newer deleted while the server is stopped'):
            self.drop(newer)
        with self.step('another taken while the server is stopped'):
            another = self.take(volume)
        with self.step('older deleted while the server is stopped'):
            self.drop(older)
        with self.step('server started'):
            server.start()
            self.await_status(self.nova.servers, server, 'ACTIVE')
        with self.step('last one taken once the server runs'):
            last = self.take(volume)
        with self.step('server rebooted hard'):
            server.reboot(reboot_type='HARD')
            self.await_status(self.nova.servers, server, 'ACTIVE')
        with self.step('older deleted after the reboot'):
            self.drop(another)
        with self.step('last one deleted after the reboot'):
            self.drop(last)

    def _tell_again(self, server: Any, volume: Any) -> None:
        """Have the volume detached and attached between snapshots."""
        with self.step('volume detached'):
            self.disconnect(server, volume)
        with self.step('snapshot taken while detached'):
            offline = self.take(volume)
        with self.step('volume attached with a snapshot'):
            self.connect(server, volume)
        with self.step('snapshot taken on top of it'):
            online = self.take(volume)
        with self.step('the one from before deleted'):
            self.drop(offline)
        with self.step('volume detached with a snapshot'):
            self.disconnect(server, volume)
        with self.step('snapshot deleted while detached'):
            self.drop(online)

    def _tell_refused(self, server: Any, volume: Any) -> None:
        """Have Nova asked for what can't be done, as Cinder asks."""
        unknown, snapshot = str(uuid.uuid4()), str(uuid.uuid4())
        with self.step('Nova asked for a snapshot of a detached volume'):
            self.ask_create(volume.id, snapshot)
            self.ask_delete(volume.id, snapshot)
        with self.step('Nova told of the growth of unknown servers and of none'):
            events = [
                {'name': 'volume-extended', 'server_uuid': unknown, 'tag': volume.id},
                {'name': 'volume-extended', 'server_uuid': server.id},
            ]
            for event in events:
                self.refused(
                    lambda event=event: self._site.asking.server_external_events.create([event])
                )
        with self.step('volume attached again'):
            self.connect(server, volume)
        with self.step('Nova asked for a snapshot that Cinder does not know'):
            self.ask_create(volume.id, snapshot)
        with self.step('Nova asked to delete a snapshot that Cinder does not know'):
            self.ask_delete(volume.id, snapshot)
