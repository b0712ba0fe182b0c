# SPDX-License-Identifier: Apache-2.0
"""Volumes of images that Cinder keeps in its cache, on the same shares, under its own tenant."""

import subprocess
import typing

from tests.functional.test_image_transfer import GIB, MARK, ImageCase


class CacheCase(ImageCase):
    def cached(self, image):
        """Return the volumes in which Cinder's cache has an image."""
        return self.cinder.volumes.list(search_opts={'all_tenants': 1, 'name': f'image-{image}'})

    def clear(self, image):
        for volume in self.cached(image):
            self.delete_volume(volume)

    def image(self, disk_format, path, **properties):
        image = super().image(disk_format, path, **properties)
        self.addCleanup(self.clear, image)
        return image

    def downloads(self):
        return self.cloud.cinder.log.read_text().count('Image download')

    def assert_holds_the_image(self, volume, gib=1):
        self.assertEqual(MARK, self.start(volume))
        self.assertEqual(gib * GIB, (self.share / f'volume-{volume.id}').stat().st_size)


class CacheTest(CacheCase):
    options: typing.ClassVar = {'image_volume_cache_enabled': 'true'}

    def test_second_volume_of_an_image_is_a_clone_of_what_the_first_left(self):
        before, image = self.downloads(), self.image('raw', self.file())
        for gib in (1, 2, 1):
            self.assert_holds_the_image(self.volume(gib, imageRef=image), gib)
        (cached,) = self.cached(image)
        self.assert_holds_the_image(cached)
        self.assertEqual(before + 1, self.downloads())

    def test_qcow2_image_is_cached_as_a_volume_of_the_backend_s_format(self):
        before, path = self.downloads(), self.made('qcow2')
        command = ['qemu-io', '-f', 'qcow2', '-c', f'write -P {MARK[0]} 0 64k', path]
        subprocess.run(command, check=True, capture_output=True)
        image = self.image('qcow2', path)
        for gib in (2, 1):
            volume = self.volume(gib, imageRef=image)
            self.assertEqual(MARK[:1] * len(MARK), self.start(volume))
            self.assertEqual(gib * GIB, (self.share / f'volume-{volume.id}').stat().st_size)
        (cached,) = self.cached(image)
        self.assertEqual(1, cached.size)
        self.assertEqual(before + 1, self.downloads())

    def test_volume_goes_on_without_the_cached_one(self):
        before, image = self.downloads(), self.image('raw', self.file())
        first = self.volume(imageRef=image)
        self.clear(image)
        self.assert_holds_the_image(first)
        self.assert_holds_the_image(self.volume(imageRef=image))
        self.assertEqual(before + 2, self.downloads())

    def test_hostile_image_is_refused_and_not_cached(self):
        secret = self.file()
        image = self.image('qcow2', self.made('qcow2', '-o', f'data_file={secret}.data'))
        volume = self.cinder.volumes.create(1, imageRef=image, volume_type='raw')
        self.addCleanup(self.delete_volume, volume)
        self.await_status(self.cinder.volumes, volume, 'error')
        self.assertEqual([], self.cached(image))


class LimitedCacheTest(CacheCase):
    options: typing.ClassVar = {
        'image_volume_cache_enabled': 'true',
        'image_volume_cache_max_count': '1',
    }

    def test_cached_volume_makes_room_for_the_next_image_s(self):
        first, second = (self.image('raw', self.file()) for _ in range(2))
        made = self.volume(imageRef=first)
        (evicted,) = self.cached(first)
        self.volume(imageRef=second)
        self.await_status(self.cinder.volumes, evicted, None)
        self.assertEqual([], self.files(evicted))
        self.assertEqual([1, 0], [len(self.cached(image)) for image in (second, first)])
        self.assert_holds_the_image(made)
