# SPDX-License-Identifier: Apache-2.0
"""Two Cinders of one cluster, and stories in which both work on the same volumes.

Main classes: :class:`ClusterCase`, and :class:`Second`, which does what a story has the second one
do. A guest of the compute service has volumes of either open.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from nova_assist.cloud import etcd
from nova_assist.cloud.cluster import ClusteredCloud, Heartbeat
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.embedded_api import EmbeddedApi
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.volumes import Volumes
from tests.judged import OURS
from tests.lab import stories


class Second:
    """What a story has of the second Cinder, while that runs."""

    def __init__(self, stage, cloud, peer):
        self._cloud = cloud
        self._peer = peer
        self.cinder = peer.endpoints.cinderclient('demo', 'admin')
        api = EmbeddedApi(self.cinder, cloud.novaclient(), cloud.compute.url)
        self.volumes = Volumes(dataclasses.replace(stage.context, api=api), stage.guests)
        self.volumes.all = stage.volumes.all

    @property
    def service(self):
        """Its process."""
        return self._peer.service

    def said(self):
        """Return what it has logged."""
        return self._peer.log.read_text(errors='replace')

    def go_down(self):
        """Have Cinder take it for down, which is so some time after its death."""
        self._cloud.declare(self._peer.host, Heartbeat.LONG_AGO)

    def come_back(self):
        """Start it again, and have Cinder take it for up."""
        self._peer.service.start()
        self._cloud.declare(self._peer.host, Heartbeat.LATELY)

    def clean_up(self, stage, snapshot_id):
        """Have the first end what ``cinder work-cleanup`` can, while this one is not down yet.

        It is asked again until it has ended a snapshot's creation: Cinder cleans in the
        background, and passes over work that began in the second in which it is asked, for its
        messages carry no fractions of a second.
        """
        api = stage.context.api

        def ended():
            api.cinder.workers.clean(host=self._peer.host, is_up=True)
            return api.snapshot_status(snapshot_id) != 'creating' or None

        stage.context.patience.wait('the end of "creating"', ended)


def require_etcd():
    """Skip a test on a machine that lacks what it takes to have locks in etcd."""
    if not shutil.which(etcd.PROGRAM):
        raise unittest.SkipTest('etcd is not installed (Debian, Ubuntu: apt install etcd-server)')
    if importlib.util.find_spec('etcd3gw') is None:
        raise unittest.SkipTest('the Python package etcd3gw is not installed (extra: test)')


def at_once(*calls):
    """Do several things at the same time, and return what they do; any error is raised."""
    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        return [each.result() for each in [pool.submit(call) for call in calls]]


def attached(stage, name='v1'):
    """Return a new volume that a guest of a server of its own writes to."""
    volume = stage.volumes.create(name)
    stage.servers.attach(stage.servers.create(f'server-{name}'), volume)
    stage.servers.start_writing(volume)
    return volume


def keep(stage, volume, low, snapshots):
    """Have snapshots judged that were taken in whatever order.

    :param low: how many writes were done when they were asked for
    :param snapshots: their names by id
    """
    for snapshot_id in _taken(stage.context.share, volume):
        if snapshot_id in snapshots:
            stage.volumes.keep_snapshot(volume, snapshot_id, snapshots[snapshot_id], low)


def _taken(share, volume):
    """Return the ids of a volume's snapshots, oldest first, as its chain has them."""
    active = json.loads((share / f'{volume.file}.info').read_text())['active']
    words = ['qemu-img', 'info', '-U', '--backing-chain', '--output=json', str(share / active)]
    run = subprocess.run(words, check=True, capture_output=True, text=True)
    names = [pathlib.Path(each['filename']).name for each in json.loads(run.stdout)]
    return [name.removeprefix(f'{volume.file}.') for name in reversed(names[:-1])]


class ClusterCase(unittest.TestCase):
    """Tests with a cloud of their own.

    :cvar lease: seconds that a lock outlives its holder, in an etcd; None for files
    """

    lease = None

    @classmethod
    def setUpClass(cls):
        if cls.lease:
            require_etcd()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cloud = ClusteredCloud(pathlib.Path(folder.name), lease=cls.lease, driver=OURS)
        cls.addClassCleanup(cls.cloud.stop)
        cls.cloud.start()

    def play_with_peer(self, tell, image_format='qcow2', **how):
        """Play a story while the second Cinder runs; ``how`` it is started."""
        with self.cloud.peer(**how) as peer:
            self.play(lambda stage: tell(stage, Second(stage, self.cloud, peer)), image_format)

    def play(self, tell, image_format='qcow2'):
        """Play a story, which has to pass."""
        story = Story(self.id().rpartition('.')[2], 'in a cluster', tell)
        [result] = stories.play(self.cloud, [story], [image_format])
        self.assertEqual(Verdict.PASS, result.verdict, result.reason)
