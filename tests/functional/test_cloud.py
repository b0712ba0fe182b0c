# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud with Cinder's own NFS driver: what works, fails clearly, and is left."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import psutil
from cinderclient import exceptions as cinder_errors
from keystoneauth1 import session, token_endpoint
from novaclient import exceptions as nova_errors

from nova_assist.cloud import host
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.errors import FolderError, ServiceError
from nova_assist.cloud.reaper import MARK

IN_TREE = 'cinder.volume.drivers.nfs.NfsDriver'
HERE = pathlib.Path(__file__).parent
COMPUTE = (sys.executable, str(HERE / 'stand_in_compute.py'))
SECONDS = 30

SUPERVISOR = f"""
import pathlib, sys
from nova_assist.cloud.cloud import Cloud
cloud = Cloud(pathlib.Path(sys.argv[1]), driver={IN_TREE!r}, compute_command={COMPUTE!r},
              share=(sys.argv[2:] or [None])[0], temporary=True)
print(cloud.mark, flush=True)
with cloud:
    print('up', flush=True)
    sys.stdin.read()
"""


def until(true, what):
    """Wait until something is true; fail after the deadline."""
    deadline = time.monotonic() + SECONDS
    while not (found := true()):
        if time.monotonic() > deadline:
            raise AssertionError(f'after {SECONDS} s: {what}')
        time.sleep(0.05)
    return found


def marked(mark):
    """List the command lines of the processes with a cloud's mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                found.append(process.cmdline())
        except (psutil.Error, OSError):
            continue
    return [command for command in found if command]


def make_folder(test):
    folder = tempfile.mkdtemp()
    test.addClassCleanup(shutil.rmtree, folder)
    return pathlib.Path(folder, 'cloud')


class Volumes:
    """Calls that end when what was asked for is done."""

    def __init__(self, cloud):
        self.client = cloud.cinderclient()

    def create(self, kind, size=1):
        volume = self.client.volumes.create(size, volume_type=kind)
        return self.reach('available', self.client.volumes, volume)

    def snapshot(self, volume):
        snapshot = self.client.volume_snapshots.create(volume.id, force=True)
        return self.reach('available', self.client.volume_snapshots, snapshot)

    def delete(self, manager, thing):
        manager.delete(thing)
        self.gone(manager, thing)

    @staticmethod
    def reach(status, manager, thing):
        def found():
            now = manager.get(thing.id)
            if now.status.lower().startswith('error'):
                raise AssertionError(f'{thing} is {now.status}')
            return now if now.status == status else None

        return until(found, f'{thing} is not {status}')

    @staticmethod
    def gone(manager, thing):
        def found():
            try:
                manager.get(thing.id)
            except (cinder_errors.NotFound, nova_errors.NotFound):
                return True
            return False

        until(found, f'{thing} is still there')


class RunningCloudTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud(make_folder(cls), driver=IN_TREE)
        cls.cloud.start()
        cls.addClassCleanup(cls.cloud.stop)

    def setUp(self):
        self.volumes = Volumes(self.cloud)

    def files(self, kind):
        """Return the format of every image of a backend's share, by name."""
        formats = {}
        for path in self.cloud.shares[kind].path.glob('volume-*[!o]'):
            command = ['qemu-img', 'info', '-U', '--output=json', str(path)]
            info = subprocess.run(command, capture_output=True, check=True).stdout
            formats[path.name] = json.loads(info)['format']
        return formats

    def test_volume_is_a_file_of_its_types_format_on_its_types_share(self):
        for kind in ('raw', 'qcow2'):
            with self.subTest(kind=kind):
                volume = self.volumes.create(kind)
                self.assertEqual({f'volume-{volume.id}': kind}, self.files(kind))
                self.volumes.delete(self.volumes.client.volumes, volume)
                self.assertEqual({}, self.files(kind))

    def test_snapshot_offline(self):
        volume = self.volumes.create('raw')
        snapshot = self.volumes.snapshot(volume)
        overlay = f'volume-{volume.id}.{snapshot.id}'
        self.assertEqual({f'volume-{volume.id}': 'raw', overlay: 'qcow2'}, self.files('raw'))
        self.volumes.delete(self.volumes.client.volume_snapshots, snapshot)
        self.volumes.delete(self.volumes.client.volumes, volume)

    def test_snapshot_online_takes_cinder_to_compute_and_back(self):
        nova = self.cloud.novaclient()
        server = nova.servers.create('guest', image='', flavor='1', nics='none')
        self.volumes.reach('ACTIVE', nova.servers, server)
        volume = self.volumes.create('qcow2')
        nova.volumes.create_server_volume(server.id, volume.id)
        self.volumes.reach('in-use', self.volumes.client.volumes, volume)
        snapshot = self.volumes.snapshot(volume)
        self.volumes.delete(self.volumes.client.volume_snapshots, snapshot)
        self.volumes.delete(nova.servers, server)
        self.volumes.reach('available', self.volumes.client.volumes, volume)
        self.volumes.delete(self.volumes.client.volumes, volume)

    def test_volume_larger_than_the_share_can_be_made(self):
        total = shutil.disk_usage(self.cloud.folder).total // 2**30
        volume = self.volumes.create('raw', total + 100)
        self.volumes.delete(self.volumes.client.volumes, volume)

    def test_many_requests_at_once(self):
        wanted = [
            self.volumes.client.volumes.create(1, volume_type=kind)
            for kind in ['raw', 'qcow2'] * 4
        ]
        for volume in wanted:
            self.volumes.reach('available', self.volumes.client.volumes, volume)
        for volume in wanted:
            volume.delete()
        for volume in wanted:
            self.volumes.gone(self.volumes.client.volumes, volume)

    def test_cinder_goes_on_after_kill_and_start(self):
        volume = self.volumes.create('qcow2')
        self.cloud.check()
        self.cloud.cinder.kill()
        self.assertFalse(self.cloud.cinder.alive)
        with self.assertRaisesRegex(ServiceError, 'cinder: ended by itself'):
            self.cloud.check()
        self.cloud.cinder.start()
        snapshot = self.volumes.snapshot(volume)
        self.volumes.delete(self.volumes.client.volume_snapshots, snapshot)
        self.volumes.delete(self.volumes.client.volumes, volume)

    def test_every_service_is_up(self):
        states = {service.host: service.state for service in self.volumes.client.services.list()}
        hosts = ('nova-assist', 'nova-assist@raw', 'nova-assist@qcow2')
        self.assertEqual(dict.fromkeys(hosts, 'up'), states)

    def test_client_without_token_finds_the_api_versions(self):
        url = self.cloud.cinder.url
        found = session.Session(auth=token_endpoint.Token(url, 'admin:demo')).get_endpoint_data(
            endpoint_override=url, discover_versions=True
        )
        self.assertEqual((3, 0), found.api_version)

    def test_projects_see_their_own_volumes(self):
        volume = self.volumes.create('raw')
        other = self.cloud.cinderclient(project='other')
        self.assertEqual([], other.volumes.list())
        self.volumes.delete(self.volumes.client.volumes, volume)


class InterruptedCinderTest(unittest.TestCase):
    def test_deletion_is_finished_by_the_service_that_began_it(self):
        driver = 'tests.functional.cloud_drivers.FirstDeletionHangs'
        with Cloud(make_folder(type(self)), driver=driver, compute_command=COMPUTE) as cloud:
            volumes = Volumes(cloud)
            volume = volumes.create('raw')
            volume.delete()
            until((cloud.folder / 'cinder' / 'hanging').exists, 'the deletion has not begun')
            cloud.cinder.kill()
            cloud.cinder.start()
            volumes.gone(volumes.client.volumes, volume)


class FailingStartTest(unittest.TestCase):
    def assert_error(self, reason, driver, **arguments):
        arguments.setdefault('compute_command', COMPUTE)
        cloud = Cloud(make_folder(type(self)), driver=driver, **arguments)
        with self.assertRaisesRegex(ServiceError, reason):
            cloud.start()
        self.assertEqual([], marked(cloud.mark))

    def test_driver_whose_module_is_missing(self):
        self.assert_error("volume driver 'no.such.Driver': ModuleNotFoundError", 'no.such.Driver')

    def test_driver_whose_class_is_missing(self):
        self.assert_error("no attribute 'Nothing'", 'cinder.volume.drivers.nfs.Nothing')

    def test_driver_of_another_kind(self):
        driver = 'cinder.volume.drivers.lvm.LVMVolumeDriver'
        self.assert_error('LVMVolumeDriver is not a RemoteFS volume driver', driver)

    def test_driver_that_refuses_its_options_is_quoted(self):
        self.assert_error(
            'did not initialise for backend raw: NfsException: .*NFS config file at /no/such/file '
            "doesn't exist",
            IN_TREE,
            options={'nfs_shares_config': '/no/such/file'},
        )

    def test_option_that_the_driver_does_not_have(self):
        self.assert_error(
            "no option 'nfs_sparse_volumes'", IN_TREE, options={'nfs_sparse_volumes': 'true'}
        )

    def test_driver_that_can_not_mount_its_share(self):
        self.assert_error(
            'did not initialise for backend raw: .* localhost:/raw is gone; NfsNoSharesMounted',
            'tests.functional.cloud_drivers.HasNoShare',
        )

    def test_driver_that_does_not_miss_its_share(self):
        self.assert_error(
            'came up without its share for backend raw: .* localhost:/raw is gone',
            'tests.functional.cloud_drivers.DoesNotMissItsShare',
        )

    def test_compute_that_dies(self):
        command = (sys.executable, '-c', 'raise SystemExit("no memory")')
        self.assert_error('compute: ended .*\n  no memory', IN_TREE, compute_command=command)


class LocalShareTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.share = pathlib.Path(scratch.name).resolve()

    def cloud(self, *command):
        return Cloud(
            make_folder(type(self)),
            driver=IN_TREE,
            share=str(self.share),
            compute_command=command or COMPUTE,
        )

    def test_failing_start_leaves_nothing_in_the_folder_nor_in_memory(self):
        cloud = self.cloud(sys.executable, '-c', '')
        with self.assertRaises(ServiceError):
            cloud.start()
        self.assertEqual([], list(self.share.iterdir()))
        self.assertFalse(cloud.scratch.exists())

    def test_end_leaves_only_what_was_there_or_made_by_others(self):
        with self.cloud() as cloud:
            self.assertTrue(cloud.scratch.is_dir())
            with self.assertRaisesRegex(FolderError, f'another cloud runs in {self.share}'):
                self.cloud().start()
            left = cloud.shares['raw'].path
            (left / 'theirs').touch()
        self.assertEqual([left], list(self.share.iterdir()))
        self.assertFalse(cloud.scratch.exists())


class EndOfSupervisorTest(unittest.TestCase):
    def supervisor(self, *arguments):
        """Run a cloud in another process; return that and the cloud's mark."""
        process = subprocess.Popen(
            [sys.executable, '-c', SUPERVISOR, str(make_folder(type(self))), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process, process.stdout.readline().strip()

    def up(self, *arguments):
        process, mark = self.supervisor(*arguments)
        self.assertEqual('up\n', process.stdout.readline())
        commands = [' '.join(command) for command in marked(mark)]
        for program in ('cinder_process', 'stand_in_compute', 'sleep 600'):
            self.assertTrue([each for each in commands if program in each], commands)
        return process, mark

    def test_kill_leaves_no_process_and_no_folder(self):
        process, mark = self.up()
        folder = pathlib.Path(process.args[3])
        scratch = host.scratch_base(folder) / f'nova-assist-{mark}'
        self.assertTrue(folder.is_dir() and scratch.is_dir())
        process.kill()
        until(lambda: not marked(mark), 'processes are left')
        until(lambda: not (folder.exists() or scratch.exists()), 'a folder is left')

    def test_end_of_input_leaves_no_process(self):
        process, mark = self.up()
        process.communicate(timeout=SECONDS)
        self.assertEqual(0, process.returncode)
        self.assertEqual([], marked(mark))

    def test_interrupt_while_starting_leaves_no_process(self):
        process, mark = self.supervisor()
        until(lambda: marked(mark), 'nothing was started')
        process.send_signal(signal.SIGINT)
        self.assertEqual(-signal.SIGINT, process.wait(SECONDS))
        self.assertEqual([], marked(mark))

    def test_interrupt_while_stopping_leaves_no_process(self):
        process, mark = self.up()
        process.send_signal(signal.SIGINT)
        until(lambda: len(marked(mark)) < 3, 'nothing was stopped')
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)
        until(lambda: not marked(mark), 'processes are left')

    @unittest.skipUnless(os.geteuid() == 0, 'mounting needs root')
    def test_kill_leaves_no_mount(self):
        with tempfile.TemporaryDirectory() as programs:
            mount = shutil.which('mount')
            scripts = {
                'mount': f'for point; do :; done; exec {mount} -t tmpfs none "$point"',
                'mount.nfs': 'exit 0',
            }
            for name, script in scripts.items():
                path = pathlib.Path(programs, name)
                path.write_text(f'#!/bin/sh\n{script}\n')
                path.chmod(0o755)
            with mock.patch.dict(os.environ, PATH=f'{programs}:{os.environ["PATH"]}'):
                process, mark = self.up('nas:/vol/a')
            folder = process.args[3]
            self.assertIn(folder, pathlib.Path('/proc/mounts').read_text())
            process.kill()
            until(lambda: not marked(mark), 'processes are left')
            until(
                lambda: folder not in pathlib.Path('/proc/mounts').read_text(), 'a mount is left'
            )
