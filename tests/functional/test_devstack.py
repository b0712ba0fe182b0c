# SPDX-License-Identifier: Apache-2.0
"""A real cinder-volume with the backend's section that the devstack plugin writes."""

import stat

from nova_assist import client
from nova_assist.cloud.cloud import Cloud
from tests.devstack import host
from tests.devstack.case import HostCase

#: The cloud has backends of its own, one a format.
_OF_THE_CLOUD = {'volume_driver', 'nfs_qcow2_volumes'}


class DevstackTest(HostCase):
    def mode_after_snapshot(self, sample):
        """Take a snapshot in a cloud with the section of a sample; return the mode of its file."""
        section = host.Written.for_sample(sample).section
        options = {name: text for name, text in section.items() if name not in _OF_THE_CLOUD}
        with Cloud(self.folder(), driver=section['volume_driver'], options=options) as cloud:
            cinder = cloud.cinderclient()
            volume = cinder.volumes.create(1, volume_type='raw')
            self.wait(cinder.volumes, volume)
            snapshot = cinder.volume_snapshots.create(volume.id)
            self.wait(cinder.volume_snapshots, snapshot)
            path = cloud.shares['raw'].path / f'volume-{volume.id}.{snapshot.id}'
            return stat.S_IMODE(path.stat().st_mode)

    def wait(self, manager, resource):
        client.poll(lambda: manager.get(resource.id).status, lambda it: it == 'available', 60)

    def test_backend_starts_and_takes_snapshots(self):
        for sample, mode in (('secure', 0o660), ('insecure', 0o666)):
            with self.subTest(sample=sample):
                self.assertEqual(mode, self.mode_after_snapshot(sample))
