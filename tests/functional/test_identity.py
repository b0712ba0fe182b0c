# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud with a Keystone: who may do what, with real tokens."""

import configparser
import pathlib
import stat
import tempfile
import unittest

import requests
import yaml
from cinderclient import exceptions as cinder_errors
from keystoneauth1 import exceptions as login_errors
from keystoneauth1 import identity, session
from novaclient import exceptions as nova_errors

from nova_assist.cloud import host
from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.identity import CINDER, NOVA
from nova_assist.compute.glance.stand_ins import STAND_IN
from nova_assist.faults.trap import Trap
from tests.functional.test_cloud import IN_TREE, Volumes, make_folder, marked, until

OURS = 'driver.nfs.NfsDriver'
POWER = ('start', 'stop', 'reboot', 'pause', 'unpause', 'shelve', 'unshelve', 'get_console_output')
NOWHERE = '00000000-0000-4000-8000-000000000000'
SNAPSHOT = {
    'snapshot': {
        'volume_id': NOWHERE,
        'create_info': {'snapshot_id': NOWHERE, 'type': 'qcow2', 'new_file': 'volume-x.y'},
    }
}


def images(nova):
    return {image.name: image.id for image in nova.glance.list()}


class Guest:
    """A server of a user's with a volume, which is snapshotted while it is attached."""

    def __init__(self, cloud, user='demo'):
        self.nova = cloud.novaclient('demo', user)
        self.volumes = Volumes(cloud)
        self.volumes.client = cloud.cinderclient('demo', user)
        image = images(self.nova)['stand-in']
        self.server = self.nova.servers.create('guest', image=image, flavor='1', nics='none')
        self.volumes.reach('ACTIVE', self.nova.servers, self.server)
        self.volume = self.volumes.create('raw')
        self.nova.volumes.create_server_volume(self.server.id, self.volume.id)
        self.await_volume('in-use')

    def await_volume(self, status):
        return self.volumes.reach(status, self.volumes.client.volumes, self.volume)

    def snapshot_and_delete(self):
        for _ in range(2):
            self.volumes.snapshot(self.volume)
        for snapshot in self.volumes.client.volume_snapshots.list():
            self.volumes.delete(self.volumes.client.volume_snapshots, snapshot)

    def leave(self):
        self.volumes.delete(self.nova.servers, self.server)
        self.await_volume('available')
        self.volumes.delete(self.volumes.client.volumes, self.volume)


def setUpModule():
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    CloudCase.trap = Trap(pathlib.Path(folder.name, 'trap'))
    CloudCase.cloud = Cloud(
        pathlib.Path(folder.name, 'cloud'),
        driver=OURS,
        with_keystone=True,
        compute_environment=CloudCase.trap.environment,
    )
    CloudCase.cloud.start()
    unittest.addModuleCleanup(CloudCase.cloud.stop)


class CloudCase(unittest.TestCase):
    cloud: Cloud  # one for all, for it takes seconds to start
    trap: Trap  # compute's

    def token(self, user, project):
        return self.cloud.cinderclient(project, user).client.session.get_token()


class TokenTest(CloudCase):
    def assert_status(self, status, **headers):
        for url in (f'{self.cloud.compute.url}/servers', f'{self.cloud.cinder.url}/volumes'):
            with self.subTest(url):
                answer = requests.get(url, headers=headers, timeout=30)
                self.assertEqual(status, answer.status_code)

    def test_token_of_a_user_is_accepted(self):
        self.assert_status(200, **{'X-Auth-Token': self.token('demo', 'demo')})

    def test_no_token_is_refused(self):
        self.assert_status(401)

    def test_token_that_is_none_is_refused(self):
        for token in ('admin:admin', 'gAAAAAB', 'x' * 5000, 'ü'.encode()):
            self.assert_status(401, **{'X-Auth-Token': token})

    def test_identity_that_a_client_has_made_up_is_not_believed(self):
        claims = {'X-User-Id': 'admin', 'X-Roles': 'admin', 'X-Identity-Status': 'Confirmed'}
        self.assert_status(401, **claims)

    def test_service_token_that_is_none_is_refused(self):
        tokens = {'X-Auth-Token': self.token('demo', 'demo'), 'X-Service-Token': 'nova:service'}
        self.assert_status(401, **tokens)

    def test_token_is_refused_as_soon_as_it_is_revoked(self):
        token = self.token('alt', 'alt')
        both = {'X-Auth-Token': token, 'X-Subject-Token': token}
        self.assert_status(200, **{'X-Auth-Token': token})
        url = f'{self.cloud.keystone.identity.url}/auth/tokens'
        requests.delete(url, headers=both, timeout=30).raise_for_status()
        self.assert_status(401, **{'X-Auth-Token': token})

    def test_version_documents_need_no_token(self):
        image = self.cloud.compute.url.replace('/v2.1', '/image')
        for url, answer in ((self.cloud.compute.url, 200), (image, 300), (f'{image}/v2', 200)):
            self.assertEqual(answer, requests.get(url, timeout=30).status_code)

    def test_wrong_password_is_refused(self):
        login = {**self.cloud.keystone.identity.login('demo', 'demo'), 'password': 'guessed'}
        with self.assertRaises(login_errors.Unauthorized):
            session.Session(auth=identity.Password(**login)).get_token()


class RoleTest(CloudCase):
    def ask(self, user, project, **further):
        """Ask compute for a snapshot of no volume; return the status of the answer."""
        headers = {'X-Auth-Token': self.token(user, project), **further}
        url = f'{self.cloud.compute.url}/os-assisted-volume-snapshots'
        return requests.post(url, json=SNAPSHOT, headers=headers, timeout=30).status_code

    def look(self, user, project, what):
        """Ask compute for what Nova doesn't tell; return the status of the answer."""
        url = self.cloud.compute.url.replace('/v2.1', f'/assist/{what}')
        headers = {'X-Auth-Token': self.token(user, project)}
        return requests.get(url, headers=headers, timeout=30).status_code

    def test_users_list_volumes(self):
        for user, project in (('admin', 'admin'), ('demo', 'demo'), ('demo-reader', 'demo')):
            with self.subTest(user):
                self.cloud.cinderclient(project, user).volumes.list()

    def test_member_and_reader_may_not_ask_for_assisted_snapshots(self):
        for user in ('demo', 'demo-reader'):
            with self.subTest(user):
                self.assertEqual(403, self.ask(user, 'demo'))

    def test_roles_that_a_member_has_made_up_change_nothing(self):
        self.assertEqual(403, self.ask('demo', 'demo', **{'X-Roles': 'admin,service'}))

    def test_service_token_gives_its_member_no_right(self):
        service = {'X-Service-Token': self.token(NOVA.name, NOVA.project)}
        self.assertEqual(403, self.ask('demo', 'demo', **service))

    def test_services_and_administrators_may_ask_for_assisted_snapshots(self):
        for user, project in (
            (NOVA.name, NOVA.project),
            (CINDER.name, CINDER.project),
            ('admin', 'admin'),
        ):
            with self.subTest(user):  # what is wrong is the volume
                self.assertEqual(400, self.ask(user, project))

    def test_member_reaches_no_faults_and_no_servers_of_others(self):
        nova = self.cloud.novaclient('demo', 'demo')
        with self.assertRaises(nova_errors.Forbidden):
            nova.servers.list(search_opts={'all_tenants': True})
        self.assertEqual(403, self.look('demo', 'demo', f'faults/{NOWHERE}'))

    def test_reader_sees_servers_and_changes_nothing(self):
        guest = Guest(self.cloud)
        reader, server = self.cloud.novaclient('demo', 'demo-reader'), guest.server.id
        attached, other = guest.volume.id, guest.volumes.create('raw')
        self.assertEqual('ACTIVE', reader.servers.get(server).status)
        self.assertEqual(1, len(reader.volumes.get_server_volumes(server)))
        image = images(guest.nova)['stand-in']
        for name, change in (
            ('create', lambda: reader.servers.create('r', image=image, flavor='1', nics='none')),
            ('delete', lambda: reader.servers.delete(server)),
            *((each, getattr(reader.servers, each)) for each in POWER),
            ('attach', lambda: reader.volumes.create_server_volume(server, other.id)),
            ('detach', lambda: reader.volumes.delete_server_volume(server, attached)),
        ):
            with self.subTest(name), self.assertRaises(nova_errors.Forbidden):
                change(server) if name in POWER else change()
        self.assertEqual(['guest'], [each.name for each in guest.nova.servers.list()])
        guest.volumes.delete(guest.volumes.client.volumes, other)
        guest.leave()

    def test_service_is_no_administrator(self):
        theirs = self.cloud.novaclient('alt', 'alt').servers
        server = theirs.create('guest', image=STAND_IN.id, flavor='1', nics='none')
        for user, project in (('demo-service', 'demo'), (CINDER.name, CINDER.project)):
            nova = self.cloud.novaclient(project, user)
            with self.subTest(user):
                with self.assertRaises(nova_errors.Forbidden):
                    nova.servers.list(search_opts={'all_tenants': True})
                with self.assertRaises(nova_errors.NotFound):
                    nova.servers.get(server.id)
                self.assertEqual(403, self.look(user, project, f'servers/{server.id}/disks'))
        self.assertEqual(200, self.look('admin', 'admin', f'servers/{server.id}/disks'))
        Volumes.reach('ACTIVE', theirs, server)
        server.delete()
        Volumes.gone(theirs, server)

    def test_host_of_a_server_is_told_to_administrators_only(self):
        guest = Guest(self.cloud)
        for user, project, told in (
            ('admin', 'admin', True),
            ('demo', 'demo', False),
            ('demo-service', 'demo', False),
        ):
            found = self.cloud.novaclient(project, user).servers.get(guest.server.id)
            with self.subTest(user):
                self.assertEqual(told, hasattr(found, 'OS-EXT-SRV-ATTR:host'))
        guest.leave()

    def test_projects_do_not_see_each_other(self):
        volumes = Volumes(self.cloud)
        volumes.client = self.cloud.cinderclient('demo', 'demo')
        volume = volumes.create('raw')
        alt = self.cloud.cinderclient('alt', 'alt')
        self.assertEqual([], alt.volumes.list())
        with self.assertRaises(cinder_errors.NotFound):
            alt.volumes.get(volume.id)
        volumes.delete(volumes.client.volumes, volume)


class LifecycleTest(CloudCase):
    def test_member_snapshots_a_volume_in_use(self):
        guest = Guest(self.cloud)
        guest.snapshot_and_delete()
        guest.leave()

    def test_attachment_of_a_server_is_deleted_by_a_service_only(self):
        guest = Guest(self.cloud)
        attachments = guest.volumes.client.attachments
        (attachment,) = attachments.list(search_opts={'volume_id': guest.volume.id})
        with self.assertRaises(cinder_errors.ClientException) as refused:
            attachments.delete(attachment.id)
        self.assertEqual(409, refused.exception.code)
        guest.nova.volumes.delete_server_volume(guest.server.id, guest.volume.id)
        guest.await_volume('available')
        guest.leave()

    def test_deletion_that_dies_with_compute_is_finished_by_the_next_with_a_token_of_its_own(self):
        guest = Guest(self.cloud)
        going = guest.volumes.create('raw')
        nova = self.cloud.novaclient('demo', 'demo', '2.79')
        nova.volumes.create_server_volume(guest.server.id, going.id, delete_on_termination=True)
        guest.volumes.reach('in-use', guest.volumes.client.volumes, going)
        guest.nova.servers.stop(guest.server)
        guest.volumes.reach('SHUTOFF', guest.nova.servers, guest.server)
        self.trap.arm(self.cloud.shares['raw'].path, 1)
        guest.nova.servers.delete(guest.server)
        until(lambda: not self.cloud.compute.alive, 'compute lives on')
        self.trap.disarm()
        self.assertRegex(self.trap.deed, '^before deleting attachment')
        self.cloud.compute.start()
        guest.volumes.gone(guest.nova.servers, guest.server)
        guest.await_volume('available')
        guest.volumes.gone(guest.volumes.client.volumes, going)
        guest.volumes.delete(guest.volumes.client.volumes, guest.volume)

    def test_volume_with_the_project_in_its_url(self):
        found = self.cloud.cinderclient('demo', 'demo').client.session.get_endpoint(
            service_type='volumev3', interface='public'
        )
        token = {'X-Auth-Token': self.token('demo', 'demo')}
        self.assertNotEqual(self.cloud.cinder.url, found)
        self.assertEqual(
            200, requests.get(f'{found}/volumes', headers=token, timeout=30).status_code
        )


class FilesTest(CloudCase):
    def test_only_their_owner_reads_them(self):
        for name in ('clouds.yaml', 'accounts.yaml', 'tempest.conf', 'cinder/cinder.conf'):
            with self.subTest(name):
                mode = (self.cloud.folder / name).stat().st_mode
                self.assertEqual(0o600, stat.S_IMODE(mode))

    def test_users_of_the_files_log_in(self):
        clouds = yaml.safe_load((self.cloud.folder / 'clouds.yaml').read_text())['clouds']
        self.assertIn(self.cloud.environment()['OS_CLOUD'], clouds)
        for name, cloud in clouds.items():
            with self.subTest(name):
                self.assertEqual(cloud['auth']['auth_url'], self.cloud.keystone.identity.url)
                self.assertTrue(self.token(name, cloud['auth']['project_name']))

    def test_tempest_is_told_of_what_is_there(self):
        conf = configparser.RawConfigParser()
        conf.read(self.cloud.folder / 'tempest.conf')
        nova = self.cloud.novaclient('demo', 'demo')
        self.assertIn(conf['compute']['image_ref'], images(nova).values())
        self.assertEqual(
            images(nova)['console-guest'], conf['assisted_snapshots']['guest_image_ref']
        )
        self.assertEqual('nova-assist', conf['volume']['vendor_name'])
        self.assertEqual('NFS', conf['volume']['storage_protocol'])
        share = str(self.cloud.shares['raw'].path)
        self.assertEqual(share, conf['assisted_snapshots']['share_path'])


class AgainTest(unittest.TestCase):
    def test_second_cloud_goes_on_with_another_driver_and_leaves_nothing(self):
        folder = make_folder(type(self))
        with Cloud(folder, driver=OURS, with_keystone=True) as cloud:
            volumes = Volumes(cloud)
            volumes.client = cloud.cinderclient('demo', 'demo')
            kept = volumes.create('qcow2')
        self.assertEqual([], marked(cloud.mark))
        with Cloud(folder, driver=IN_TREE, with_keystone=True) as cloud:
            (found,) = cloud.cinderclient('demo', 'demo').volumes.list()
            self.assertEqual(kept.id, found.id)
            guest = Guest(cloud)
            guest.snapshot_and_delete()
            guest.leave()
        self.assertEqual([], marked(cloud.mark))
        self.assertFalse((host.scratch_base(folder) / f'nova-assist-{cloud.mark}').exists())
        self.assertTrue((folder / 'keystone' / 'keystone.sqlite').exists())
