# SPDX-License-Identifier: Apache-2.0
"""Our driver, slow or failing on purpose, to show that this is seen."""

import pathlib
import time

from cinder import interface

from driver import nfs
from nova_assist import client


@interface.volumedriver
class SlowDriver(nfs.NfsDriver):
    """Takes a second longer for each snapshot."""

    def create_snapshot(self, snapshot):
        time.sleep(1.0)
        super().create_snapshot(snapshot)


@interface.volumedriver
class FailingDriver(nfs.NfsDriver):
    """Takes no snapshots."""

    def create_snapshot(self, snapshot):
        raise RuntimeError('no snapshots today')


@interface.volumedriver
class StartsOnceDriver(nfs.NfsDriver):
    """Does not start in the second of two clouds."""

    def do_setup(self, context):
        super().do_setup(context)
        if '/second/' in str(self.settings.mount_base):
            self.fail()

    def fail(self):
        raise RuntimeError('one is enough')


@interface.volumedriver
class HangsOnceDriver(StartsOnceDriver):
    """Never gets to an end of its start in the second of two clouds."""

    def fail(self):
        (pathlib.Path(self.settings.mount_base).parent / 'hangs').touch()
        time.sleep(600)


@interface.volumedriver
class WaitsOnceConnectedDriver(nfs.NfsDriver):
    """Has whoever restores a backup to a new volume wait until a file is removed."""

    def initialize_connection(self, volume, connector):
        told = super().initialize_connection(volume, connector)
        if volume.status == 'creating':
            waits = pathlib.Path(self.settings.mount_base).parent / 'waits'
            waits.touch()
            client.poll(waits.exists, lambda there: not there, 30)
        return told
