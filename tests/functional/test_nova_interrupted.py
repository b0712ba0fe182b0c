# SPDX-License-Identifier: Apache-2.0
"""What becomes of a snapshot under way when something happens to the instance, or is forged.

Nova has accepted the request and has done nothing yet. The driver may wait for long, as by its
defaults; that it doesn't wait for what can't come any more is seen by how soon the story goes on.
"""

import pathlib
import tempfile
import unittest

from nova_assist.cloud.cloud import Cloud
from nova_assist.compute.faults import Fault
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.story import Story
from tests.functional.trial import Trial
from tests.judged import OURS
from tests.lab import stories

#: In which any operation has to end, though Nova could take 600 and 7200.
SECONDS = 30

_DETACHED = 'the volume was detached from its guest before Nova had reported'


def paused(stage):
    trial = Trial(stage, SECONDS, writing=False)
    volumes, volume = stage.volumes, trial.volume
    with stage.step('pause the server while a snapshot is taken'):
        snapshot_id = trial.begin_to_create('s')
        stage.servers.pause(trial.server)
        trial.faults.lift(volume)
        trial.finish_creating(snapshot_id, 's')
    with stage.step('fail to merge down while it is paused, which Nova refuses'):
        volumes.request_delete(volume.snapshot('older').id, 'older')
        trial.fail_deleting('older', 'vm_state paused')
    with stage.step('delete the newest while it is paused, and go on'):
        volumes.delete_snapshot(volume, 's')
        stage.servers.unpause(trial.server)
        volumes.delete_snapshot(volume, 'older')


def shut_off(stage):
    trial = Trial(stage, SECONDS, writing=False)
    volumes, servers, volume = stage.volumes, stage.servers, trial.volume
    with stage.step('stop the server while a snapshot is taken, and start it'):
        snapshot_id = trial.begin_to_create('s')
        servers.stop(trial.server)
        trial.faults.lift(volume)
        trial.finish_creating(snapshot_id, 's')
        servers.await_refresh(volume)
        servers.start(trial.server)
    with stage.step('stop it while its newest snapshot is deleted'):
        trial.begin_to_delete('s')
        servers.stop(trial.server)
        trial.faults.lift(volume)
        trial.await_end(volume.snapshot('s').id, 'gone')
        volumes.drop_snapshot(volume, 's')
    with stage.step('delete an older one while it is off'):
        volumes.delete_snapshot(volume, 'older')
        servers.start(trial.server)
    with stage.step('stop it while an older one is deleted', ended=False):
        trial.take_anew('older')
        trial.begin_to_delete('older')
        servers.stop(trial.server)
        trial.faults.lift(volume)
        trial.fail_deleting('older', 'Nova reports an error')
    with stage.step('delete that again while it is off'):
        volumes.delete_snapshot(volume, 'older')
        servers.start(trial.server)


def shelved(stage):
    trial = Trial(stage, SECONDS, writing=False)
    volumes, servers, volume = stage.volumes, stage.servers, trial.volume
    with stage.step('shelve the server while a snapshot is taken'):
        snapshot_id = trial.begin_to_create('s')
        servers.shelve(trial.server)
        trial.await_end(snapshot_id, 'error')
        trial.expect_logged(snapshot_id, _DETACHED)
    with stage.step('unshelve it, take another, and remove what is left of that'):
        trial.faults.lift(volume)
        servers.unshelve(trial.server)
        volumes.snapshot(volume, 'again')
        volumes.discard(snapshot_id, 's')
        volumes.delete_snapshot(volume, 'again')
    with stage.step('shelve it while a snapshot is deleted', ended=False):
        trial.begin_to_delete('older')
        servers.shelve(trial.server)
        trial.fail_deleting('older', _DETACHED)
        trial.faults.lift(volume)
    with stage.step('fail to delete it while the volume is only reserved', ended=False):
        volumes.request_delete(volume.snapshot('older').id, 'older')
        trial.fail_deleting('older', 'status is reserved')
    with stage.step('unshelve it, and delete that again'):
        servers.unshelve(trial.server)
        volumes.delete_snapshot(volume, 'older')


def deleted(stage):
    trial = Trial(stage, SECONDS, writing=False)
    volumes, servers, volume = stage.volumes, stage.servers, trial.volume
    with stage.step('delete the server while a snapshot is deleted', ended=False):
        trial.begin_to_delete('older')
        servers.delete_with(trial.server, volume)
        trial.fail_deleting('older', _DETACHED)
        trial.faults.lift(volume)
    with stage.step('delete that again, while the volume is detached'):
        volumes.delete_snapshot(volume, 'older')
    with stage.step('delete another server while a snapshot is taken'):
        server = servers.create('b')
        servers.attach(server, volume)
        snapshot_id = trial.begin_to_create('s')
        servers.delete_with(server, volume)
        trial.await_end(snapshot_id, 'error')
        trial.expect_logged(snapshot_id, _DETACHED)
    with stage.step('take another, and remove what is left of that'):
        trial.faults.lift(volume)
        volumes.snapshot(volume, 'again')
        volumes.discard(snapshot_id, 's')


def forged(stage):
    trial = Trial(stage, SECONDS)
    volumes, volume = stage.volumes, trial.volume
    # The second has to wait for the first, and is said to be done before it has begun.
    with stage.step('forge the progress of a snapshot before Nova is asked for it'):
        first = trial.begin_to_create('first')
        low = volume.history.acknowledged
        second = volumes.request_snapshot(volume, 'second')
        _forge(stage, second, 'creating')
        trial.faults.set(volume, Fault.ERROR)
        trial.await_end(first, 'available')
        volumes.keep_snapshot(volume, first, 'first', low)
        trial.await_end(second, 'error')
        trial.expect_logged(second, 'Nova reports an error')
    with stage.step('forge that of a deletion', ended=False):
        volumes.discard(second, 'second')
        first = trial.begin_to_create('third')
        volumes.request_delete(volume.snapshot('older').id, 'older')
        _forge(stage, volume.snapshot('older').id, 'deleting')
        low = volume.history.acknowledged
        trial.faults.set(volume, Fault.ERROR)
        trial.fail_deleting('older', 'Nova reports an error')
        trial.await_end(first, 'available')
        volumes.keep_snapshot(volume, first, 'third', low)
    with stage.step('delete that again'):
        volumes.delete_snapshot(volume, 'older')


def _forge(stage, snapshot_id, status):
    manager = stage.context.api.cinder.volume_snapshots
    manager.update_snapshot_status(snapshot_id, {'status': status, 'progress': '90%'})


class InterruptedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cloud = Cloud(pathlib.Path(folder.name), driver=OURS)
        cls.addClassCleanup(cls.cloud.stop)
        cls.cloud.start()

    def play(self, tell):
        story = Story(tell.__name__, tell.__name__, tell)
        for result in stories.play(self.cloud, [story]):
            self.assertEqual(Verdict.PASS, result.verdict, result.reason)

    def test_server_that_is_paused(self):
        self.play(paused)

    def test_server_that_is_shut_off(self):
        self.play(shut_off)

    def test_server_that_is_shelved(self):
        self.play(shelved)

    def test_progress_that_is_forged_before_nova_is_asked(self):
        self.play(forged)

    def test_server_that_is_deleted(self):
        self.play(deleted)
