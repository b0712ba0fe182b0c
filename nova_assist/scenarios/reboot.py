# SPDX-License-Identifier: Apache-2.0
"""The story of a server that is rebooted, stopped and started between snapshots.

Main object: :data:`STORY`. After each start the guest has to find its own data.
"""

from __future__ import annotations

from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    with stage.step('create volume'):
        volume = stage.volumes.create('v1')
    with stage.step('attach to a server whose guest writes from now on'):
        server = stage.servers.create('a')
        stage.servers.attach(server, volume)
        stage.servers.start_writing(volume)
    for name in ('s1', 's2'):
        with stage.step(f'create snapshot {name} online'):
            stage.volumes.snapshot(volume, name)
            stage.servers.await_refresh(volume)
    for hard in (False, True):
        with stage.step(f'{"hard" if hard else "soft"} reboot'):
            stage.servers.stop_writing(volume)
            stage.servers.reboot(server, hard=hard)
            stage.servers.start_writing(volume)
    with stage.step('delete snapshot s1 online'):
        stage.volumes.delete_snapshot(volume, 's1')
    with stage.step('stop'):
        stage.servers.stop_writing(volume)
        stage.servers.stop(server)
    with stage.step('start'):
        stage.servers.start(server)
        stage.servers.start_writing(volume)
    with stage.step('delete snapshot s2 online'):
        stage.volumes.delete_snapshot(volume, 's2')
    with stage.step('hard reboot without snapshots'):
        stage.servers.stop_writing(volume)
        stage.servers.reboot(server, hard=True)
        stage.servers.start_writing(volume)


STORY = Story(
    'reboot',
    'reboot, stop and start a server after online snapshots and deletes; the guest has its data',
    _play,
)
