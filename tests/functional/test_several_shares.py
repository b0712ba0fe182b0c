# SPDX-License-Identifier: Apache-2.0
"""Room on several shares: who is promised what, at once too, and which share is left out."""

import os
import pathlib
import subprocess
import tempfile
import typing
import unittest

from nova_assist import client
from nova_assist.cloud.cloud import Cloud
from nova_assist.scenarios.embedded_api import EmbeddedApi
from tests import statuses

GIB = 1 << 30
SECONDS = 60


class SeveralSharesCase(unittest.TestCase):
    """Tests over one cloud, where each share may be promised once; each test leaves it empty."""

    options: typing.ClassVar = {'max_over_subscription_ratio': '1'}

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cloud = Cloud(
            pathlib.Path(folder.name),
            driver='driver.nfs.NfsDriver',
            share_count=2,
            options=cls.options,
        )
        cls.addClassCleanup(cls.cloud.stop)
        cls.cloud.start()
        cls.cinder = cls.cloud.cinderclient()
        cls.api = EmbeddedApi(cls.cinder, cls.cloud.novaclient(), cls.cloud.compute.url)
        cls.shares = [view.path for view in cls.cloud.shares_of('raw')]
        size = os.statvfs(cls.shares[0])
        cls.whole = size.f_blocks * size.f_frsize // GIB

    def request(self, gib):
        volume = self.cinder.volumes.create(gib, volume_type='raw')
        self.addCleanup(self.delete, volume)
        return volume

    def ended(self, volume):
        return client.poll(
            lambda: statuses.status(self.cinder.volumes, volume),
            lambda status: status in ('available', 'error'),
            SECONDS,
        )

    def place(self, gib=1):
        """Make a volume; returns the share that it is on."""
        volume = self.request(gib)
        self.assertEqual('available', self.ended(volume))
        return self.share_of(volume)

    def share_of(self, volume):
        (share,) = [each for each in self.shares if (each / f'volume-{volume.id}').exists()]
        return share

    def delete(self, volume):
        self.cinder.volumes.delete(volume)
        gone = client.poll(
            lambda: statuses.status(self.cinder.volumes, volume), lambda it: it is None, SECONDS
        )
        self.assertIsNone(gone)

    def logged(self):
        return self.cloud.cinder.log.read_text()


class PromisedTest(SeveralSharesCase):
    def test_what_fits_nowhere_is_refused_with_the_figures_of_each_share(self):
        self.assertEqual(set(self.shares), {self.place(self.whole), self.place(self.whole)})
        self.assertEqual('error', self.ended(self.request(1)))
        first, second = (view.name for view in self.cloud.shares_of('raw'))
        self.assertRegex(
            self.logged(),
            rf'No share has room for a volume of {GIB} bytes: {first} has too much promised '
            rf'\([0-9.]+ GiB, [0-9.]+ of them free, {self.whole}.0 promised\); {second} has too '
            rf'much promised .*may be promised 1 times',
        )

    def test_what_is_made_at_once_is_not_promised_the_same_room(self):
        more_than_half = self.whole // 2 + 1
        asked = [self.request(more_than_half) for _ in range(4)]
        self.assertEqual(
            ['available', 'available', 'error', 'error'], sorted(map(self.ended, asked))
        )

    def test_scheduler_is_told_the_sum_of_all_sizes(self):
        for gib in (1, 2, 4):
            self.place(gib)
        told = client.poll(
            lambda: self.api.room('raw').promised, lambda promised: promised == 7, SECONDS
        )
        self.assertEqual(7, told)


@unittest.skipUnless(os.geteuid() == 0, 'mounting a small file system needs root')
class FullTest(SeveralSharesCase):
    options: typing.ClassVar = {}

    def mount_small(self, share):
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=16m', 'none', str(share)], check=True)
        self.addCleanup(subprocess.run, ['umount', str(share)], check=True)
        small = os.statvfs(share)
        total = self.whole + small.f_blocks * small.f_frsize / GIB
        self.assertTrue(
            client.poll(lambda: self.api.room('raw').total, lambda gib: gib < total + 1, SECONDS)
        )

    def test_full_share_gets_no_volume_until_there_is_room(self):
        usual, small = self.shares
        self.mount_small(small)
        self.assertEqual([usual, small], [self.place(2), self.place(1)])
        filling = small / 'filling'
        with filling.open('wb') as file, self.assertRaises(OSError):
            while True:
                file.write(bytes(1 << 20))
                file.flush()
        self.assertEqual([usual] * 3, [self.place() for _ in range(3)])
        self.assertRegex(self.logged(), r'Share localhost:/raw-2 \(.* 0.0 of them free.* is full')
        filling.unlink()
        self.assertEqual(small, self.place())
