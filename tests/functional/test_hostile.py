# SPDX-License-Identifier: Apache-2.0
"""Images made to escape, with Cinder's own driver as the control: hazard H22, in three parts.

A guest writes whatever it likes into its raw volume, a qcow2 header too (bug 1350504). The header
of a qcow2 volume is out of a guest's reach; there it stands for what somebody else who can write
to the share has made of it.
"""

import importlib.metadata
import pathlib
import subprocess
import tempfile
import unittest

import requests
from cinderclient import exceptions as cinder_errors

from nova_assist import client
from nova_assist.cloud.cloud import Cloud
from nova_assist.scenarios.embedded_api import EmbeddedApi
from tests.judged import IN_TREE, OURS

GIB = 1 << 30
_SECONDS = 60

#: The release of Cinder, of which 28 is 2026.1.
_CINDER = int(importlib.metadata.version('cinder').partition('.')[0])


class Site:
    """A cloud with one driver, and what a test does to its volumes."""

    def __init__(self, driver, folder):
        self.folder = pathlib.Path(folder)
        self.cloud = Cloud(self.folder / 'cloud', driver=driver)
        (self.folder / 'cloud').mkdir()
        self.external = self.folder / 'external'

    def start(self):
        self.cloud.start()
        self.cinder = self.cloud.cinderclient()
        self.api = EmbeddedApi(self.cinder, self.cloud.novaclient(), self.cloud.compute.url)

    def path(self, volume):
        return self.cloud.shares[volume.volume_type].path / f'volume-{volume.id}'

    def settled(self, manager, thing, *passing):
        found = client.poll(
            lambda: manager.get(thing.id), lambda now: now.status not in passing, _SECONDS
        )
        return found.status

    def volume(self, image_format, **source):
        """Make a volume of 1 GiB; returns it with the status that it ends in."""
        made = self.cinder.volumes.create(1, volume_type=image_format, **source)
        return made, self.settled(self.cinder.volumes, made, 'creating')

    def holding(self, image_format, data):
        """Return a new volume whose file begins with some bytes."""
        volume, _ = self.volume(image_format)
        with self.path(volume).open('r+b') as file:
            file.write(data)
        return volume

    def snapshot(self, volume):
        """Take a snapshot; returns it with the status that it ends in."""
        made = self.cinder.volume_snapshots.create(volume.id)
        return made, self.settled(self.cinder.volume_snapshots, made, 'creating')

    def extend(self, volume):
        """Ask for 2 GiB; returns the status that the volume ends in."""
        self.cinder.volumes.extend(volume, 2)
        return self.settled(self.cinder.volumes, volume, 'extending')

    def uploaded(self, volume):
        """Make an image of a volume, and return its first bytes."""
        _, answer = self.cinder.volumes.upload_to_image(
            volume.id, False, 'image', 'bare', 'raw', visibility='private', protected=False
        )
        self.settled(self.cinder.volumes, volume, 'uploading')
        images = self.cloud.compute.url.replace('/v2.1', '/image/v2/images')
        image_id = answer['os-volume_upload_image']['image_id']
        first = {'Range': 'bytes=0-3'}
        return requests.get(f'{images}/{image_id}/file', headers=first).content

    def attached(self, volume):
        """Attach a volume to a host and detach it; returns what the host saw of it, first bytes.

        :return: None if Cinder refuses
        """
        try:
            connection = self.api.connect_host(volume.id)
        except cinder_errors.ClientException:
            self.cinder.volumes.reset_state(volume, 'available', attach_status='detached')
            return None
        path = self.path(volume).with_name(connection.file)
        copy = self.folder / 'copy'
        formats = ('-f', connection.format, '-O', 'raw')
        subprocess.run(['qemu-img', 'convert', '-U', *formats, path, copy], check=True)
        self.cinder.attachments.delete(connection.attachment)
        self.settled(self.cinder.volumes, volume, 'detaching', 'in-use')
        with copy.open('rb') as file:
            return file.read(4)

    def image(self, *options, gib=1):
        """Return the bytes of a new qcow2 image."""
        path = self.folder / 'image'
        subprocess.run(
            ['qemu-img', 'create', '-q', '-f', 'qcow2', *options, path, f'{gib}G'], check=True
        )
        return path.read_bytes()

    def image_with_external_data(self):
        """Return the bytes of a qcow2 image that keeps its data in a file outside the share."""
        return self.image('-o', f'data_file={self.external},data_file_raw=on')


class HostileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sites = []
        for driver in (IN_TREE, OURS):
            folder = tempfile.TemporaryDirectory()
            cls.addClassCleanup(folder.cleanup)
            site = Site(driver, folder.name)
            cls.addClassCleanup(site.cloud.stop)
            site.start()
            sites.append(site)
        cls.control, cls.ours = sites

    def test_qcow2_header_in_a_raw_volume_is_believed_by_the_control_and_data_to_us(self):
        """The control's copies show what it describes; attached it is raw since Cinder 28."""
        for site in (self.control, self.ours):
            volume = site.holding('raw', site.image())
            believed = site is self.control and _CINDER < 28
            self.assertEqual(b'\0\0\0\0' if believed else b'QFI\xfb', site.attached(volume))
            clone, status = site.volume('raw', source_volid=volume.id)
            self.assertEqual('available', status)
            snapshot, status = site.snapshot(volume)
            self.assertEqual('available', status)
            copy, status = site.volume('raw', snapshot_id=snapshot.id)
            self.assertEqual('available', status)
            seen = [site.attached(each) for each in (clone, volume, copy)]
            expected = b'\0\0\0\0' if site is self.control else b'QFI\xfb'
            self.assertEqual([expected] * 3, seen)

    def test_image_of_a_raw_volume_with_a_qcow2_header_has_what_that_describes_with_the_control(
        self,
    ):
        """An image has what the volume has, and with the control what the header describes."""
        for site in (self.control, self.ours):
            volume = site.holding('raw', site.image())
            expected = b'\0\0\0\0' if site is self.control else b'QFI\xfb'
            self.assertEqual(expected, site.uploaded(volume))

    def test_size_claimed_in_a_raw_volume_makes_clones_too_large_with_the_control_only(self):
        """Three GiB are had for one with the control, which refuses to attach them, however."""
        for site in (self.control, self.ours):
            volume = site.holding('raw', site.image(gib=3))
            clone, status = site.volume('raw', source_volid=volume.id)
            self.assertEqual('available', status)
            size, seen = site.path(clone).stat().st_size, site.attached(clone)
            if site is self.control:
                self.assertEqual((3 * GIB, None), (size, seen))
            else:
                self.assertEqual((GIB, b'QFI\xfb'), (size, seen))

    def test_external_data_file_named_in_a_raw_volume_is_followed_by_neither(self):
        """The control refuses to clone and snapshot such a volume; to us it is data as any."""
        for site in (self.control, self.ours):
            volume = site.holding('raw', site.image_with_external_data())
            _, cloned = site.volume('raw', source_volid=volume.id)
            _, taken = site.snapshot(volume)
            expected = 'error' if site is self.control else 'available'
            self.assertEqual((expected, expected), (cloned, taken))

    def test_external_data_file_of_a_qcow2_volume_is_grown_by_the_control_and_not_by_us(self):
        """Attaching, cloning and snapshots are refused by both."""
        for site in (self.control, self.ours):
            volume = site.holding('qcow2', site.image_with_external_data())
            self.assertIsNone(site.attached(volume))
            _, cloned = site.volume('qcow2', source_volid=volume.id)
            _, taken = site.snapshot(volume)
            self.assertEqual(('error', 'error'), (cloned, taken))
            self.assertEqual('error_extending', site.extend(volume))
            size = site.external.stat().st_size
            self.assertEqual(2 * GIB if site is self.control else GIB, size)

    def test_grown_qcow2_volume_is_attached_by_neither_and_copied_by_the_control_only(self):
        """The control also takes snapshots of it; we change nothing of a file that lies."""
        for site in (self.control, self.ours):
            volume = site.holding('qcow2', site.image(gib=3))
            whole = site.path(volume).read_bytes()
            self.assertIsNone(site.attached(volume))
            _, cloned = site.volume('qcow2', source_volid=volume.id)
            _, taken = site.snapshot(volume)
            expected = 'available' if site is self.control else 'error'
            self.assertEqual((expected, expected), (cloned, taken))
            self.assertEqual(whole, site.path(volume).read_bytes())

    def test_backing_file_outside_the_share_is_opened_by_the_extension_of_the_control_only(self):
        """The control grows the volume with it before it looks; all else is refused by both."""
        for site in (self.control, self.ours):
            volume = site.holding('qcow2', site.image('-u', '-b', '/etc/passwd', '-F', 'raw'))
            whole = site.path(volume).read_bytes()
            self.assertIsNone(site.attached(volume))
            _, taken = site.snapshot(volume)
            self.assertEqual('error', taken)
            self.assertEqual('error_extending', site.extend(volume))
            changed = site.path(volume).read_bytes() != whole
            self.assertEqual(site is self.control, changed)
