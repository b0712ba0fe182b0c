# SPDX-License-Identifier: Apache-2.0
"""The story of an encrypted volume, of which nothing may ever be on the share in the clear.

Main object: :data:`STORY`. Its file is a raw one with a LUKS header, whatever format other volumes
have. What it holds is judged whenever a guest has it.
"""

from __future__ import annotations

from nova_assist.scenarios.encrypted_volumes import EncryptedVolumes
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story


def _play(stage: Stage) -> None:
    stage.guests.need_command()
    extends = stage.context.api.extends_attached(stage.context.image_format)
    with stage.step('create a volume of a new type with encryption'):
        encrypted = EncryptedVolumes(stage.context, stage.volumes)
        volume = encrypted.create('v1')
    with stage.step('attach it to a server whose guest writes up to its end'):
        server = stage.servers.create('a')
        stage.servers.attach(server, volume)
        stage.servers.write_to_the_end(volume)
    with stage.step('be refused a snapshot while the guest writes'):
        encrypted.be_refused_a_snapshot(volume)
    with stage.step('stop and start the server'):
        stage.servers.stop_writing(volume)
        stage.servers.stop(server)
        stage.servers.start(server)
    with stage.step('detach it, take a snapshot, and clone it'):
        stage.servers.detach(volume)
        stage.volumes.snapshot(volume, 's1')
        clone = encrypted.clone(volume, 'clone')
    with stage.step('attach it, and have the guest write on'):
        stage.servers.attach(server, volume)
        stage.servers.start_writing(volume)
    with stage.step('detach it, and revert it to the snapshot'):
        stage.servers.detach(volume)
        stage.volumes.revert(volume, 's1')
    with stage.step('attach it, and a larger volume that is made of the snapshot'):
        stage.servers.attach(server, volume)
        copy = encrypted.of_snapshot(volume.snapshot('s1'), 'copy', 2)
        stage.servers.attach(server, copy)
        stage.servers.start_writing(volume)
        stage.servers.write_to_the_end(copy)
    with stage.step('delete the snapshot while the guest writes'):
        stage.volumes.delete_snapshot(volume, 's1')
    for each in (copy, volume):
        with stage.step(f'detach {each.name}'):
            stage.servers.detach(each)
    with stage.step('attach the clone to the server whose guest writes on'):
        stage.servers.attach(server, clone)
        stage.servers.start_writing(clone)
    with stage.step('extend the detached volume, attach it, and write up to its new end'):
        stage.volumes.extend(volume, 2)
        stage.servers.attach(server, volume)
        stage.servers.write_to_the_end(volume)
    if extends:
        with stage.step('extend the clone while the guest writes, and write up to its new end'):
            stage.volumes.extend(clone, 2)
            stage.servers.write_to_the_end(clone)
    for each in (volume, clone):
        with stage.step(f'detach {each.name}'):
            stage.servers.detach(each)


STORY = Story(
    'encrypted',
    'an encrypted volume: a guest has its data, the share never in the clear; detached snapshots',
    _play,
    slow='QEMU derives a key for two seconds at each attachment of an encrypted volume',
)
