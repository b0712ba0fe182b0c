# SPDX-License-Identifier: Apache-2.0
"""Volumes of Cinder's own driver taken over with their snapshots, and handed back to it.

The service alone is started anew, with another ``volume_driver`` over the same share, backend and
database: guests write on meanwhile. Data, chains and what is left over are judged at each step.
"""

import pathlib
import tempfile
import unittest

from nova_assist.cloud.cloud import Cloud
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.adoptions import Adoptions
from nova_assist.scenarios.backups import Backups
from nova_assist.scenarios.story import Story
from tests.judged import IN_TREE, OURS
from tests.lab import stories


class HandOver:
    """A volume with snapshots that lies still, and one that a guest writes to.

    :param ours: the driver that takes over
    """

    def __init__(self, cloud, stage, ours):
        self.cloud = cloud
        self.stage = stage
        self.ours = ours

    def play(self):
        """Begin with the in-tree driver, go on with ours, and end with the in-tree driver."""
        self.switch(IN_TREE)
        self.begin()
        self.switch(self.ours)
        self.go_on_with_ours()
        self.switch(self.ours)
        self.switch(IN_TREE)
        self.go_on_with_theirs()

    def switch(self, driver):
        with self.stage.step(f'start the service with {driver}'):
            self.cloud.switch_driver(driver)

    def begin(self):
        volumes, servers = self.stage.volumes, self.stage.servers
        with self.stage.step('create two volumes, one for a guest that writes'):
            self.still, self.used = (volumes.create(name) for name in ('still', 'used'))
            volumes.write(self.still)
            volumes.write(self.used)
            servers.attach(servers.create('a'), self.used)
            servers.start_writing(self.used)
        self.take('t1', 't2', 't3')

    def go_on_with_ours(self):
        volumes = self.stage.volumes
        self.take('o1')
        self.remove('t2')
        with self.stage.step('write to the one that lies still, and revert it'):
            volumes.write(self.still)
            volumes.revert(self.still, 'o1')
        with self.stage.step('clone both, and make a volume of a snapshot'):
            copies = [volumes.clone_volume(self.still, 'copy')]
            copies.append(volumes.clone_volume(self.used, 'copy-used'))
            copies.append(volumes.clone(self.used.snapshot('t1'), 'copy-of-snapshot'))
        with self.stage.step('extend both, and write to one up to the new end'):
            volumes.extend(self.still, 2)
            volumes.write(self.still)
            volumes.extend(self.used, 2)
        with self.stage.step('back both up, and make volumes of the backups'):
            backups = Backups(self.stage.context, volumes)
            for each in (self.still, self.used):
                backup = backups.create(each, f'b-{each.name}')
                copies.append(backups.create_volume(backup, f'of-{backup.name}'))
        self.copies = copies
        self.manage_again(self.still)
        self.take('o2')
        self.remove('o1')

    def manage_again(self, volume):
        """Have a volume with its snapshots under the names of an id that it has no more."""
        with self.stage.step('unmanage a volume with its snapshots, and manage all again'):
            adoptions = Adoptions(self.stage.context, self.stage.volumes, volume)
            kept = [
                adoptions.unmanage_snapshot(volume, each.name) for each in list(volume.snapshots)
            ]
            file = volume.file
            adoptions.unmanage(volume)
            adoptions.manage(volume, {'source-name': file})
            for snapshot in kept:
                adoptions.manage_snapshot(volume, snapshot)

    def go_on_with_theirs(self):
        volumes = self.stage.volumes
        self.take('t4')
        for name in ('t1', 't4', 'o2', 't3'):
            self.remove(name)
        self.take('t5')
        with self.stage.step('detach, delete the last snapshot, and write'):
            self.stage.servers.detach(self.used)
            volumes.delete_snapshot(self.used, 't5')
            volumes.write(self.used)
        with self.stage.step('delete the copies'):
            for each in self.copies:
                volumes.delete(each)

    def take(self, *names):
        for name in names:
            with self.stage.step(f'take snapshot {name} of both, and write'):
                volumes = self.stage.volumes
                volumes.snapshot(self.still, name)
                volumes.write(self.still)
                volumes.snapshot(self.used, name)

    def remove(self, name):
        with self.stage.step(f'delete snapshot {name} of both'):
            for volume in (self.still, self.used):
                self.stage.volumes.delete_snapshot(volume, name)


class HandOverTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cloud = Cloud(pathlib.Path(folder.name), driver=OURS)
        self.addCleanup(self.cloud.stop)
        self.cloud.start()

    def play(self, image_format, ours=OURS):
        def tell(stage):
            HandOver(self.cloud, stage, ours).play()

        [result] = stories.play(
            self.cloud, [Story('hand-over', 'to and fro', tell)], [image_format]
        )
        return result

    def test_raw_volumes(self):
        result = self.play('raw')
        self.assertIs(Verdict.PASS, result.verdict, result.reason)

    def test_qcow2_volumes(self):
        result = self.play('qcow2')
        self.assertIs(Verdict.PASS, result.verdict, result.reason)

    def test_driver_that_loses_a_snapshot_of_what_it_takes_over_is_seen(self):
        result = self.play('raw', 'tests.functional.broken_drivers.ForgetsRecord')
        self.assertIs(Verdict.FAIL, result.verdict, result.reason)
        self.assertIn('start the service with', result.steps[0].name)
        self.assertIs(Verdict.PASS, result.steps[0].verdict)
        [failed] = [each for each in result.steps if each.verdict is Verdict.FAIL][:1]
        self.assertEqual('take snapshot o1 of both, and write', failed.name)
