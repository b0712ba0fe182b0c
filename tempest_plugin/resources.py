# SPDX-License-Identifier: Apache-2.0
"""Making volumes, snapshots and servers for a test, and removing them after it.

Main class: :class:`Resources`. What is made last is removed first, and what can't be removed fails
the test, as does a file of a volume that is left on the share. What makes something can be called
on the class, too, in ``resource_setup``: then it is there for all tests of the class. Clients and
the share come from :mod:`tempest_plugin.base`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tempest import config, test
from tempest.common import compute
from tempest.lib.common import api_version_request
from tempest.lib.common.utils import data_utils, test_utils
from tempest.lib.decorators import cleanup_order

from tempest_plugin import removal, waiting
from tempest_plugin.config import DataPath, Settings
from tempest_plugin.share.view import ShareView

CONF = config.CONF

#: Nova looks twice a second whether Cinder has finished.
_NOVA_TAKES_NOTE_SECONDS = 3

#: From here on a server has to be told that it gets no network.
_NETWORKS_NEEDED = '2.37'


class Resources(test.BaseTestCase):
    """What tests make. Each returns the resource as the API shows it, once it is ready."""

    settings: Settings
    servers_client: Any
    volumes_client: Any
    snapshots_client: Any
    admin_snapshots_client: Any
    share: ShareView | None
    compute_request_microversion: str
    #: How to log in to the servers, by id.
    login: dict[str, Any]
    #: What removes after the test or after the class; set for each call by ``cleanup_order``.
    cleanup: Any

    @cleanup_order
    def create_volume(self, **kwargs: Any) -> dict[str, Any]:
        """Make a volume of the type under test; it is removed with all of its snapshots.

        :raises WentWrong: it can't be made
        """
        kwargs.setdefault('size', CONF.volume.volume_size)
        if self.settings.volume_type and not {'snapshot_id', 'source_volid'} & kwargs.keys():
            kwargs.setdefault('volume_type', self.settings.volume_type)
        if CONF.compute.compute_volume_common_az:
            kwargs.setdefault('availability_zone', CONF.compute.compute_volume_common_az)
        volume = self.volumes_client.create_volume(name=self._name('volume'), **kwargs)['volume']
        self.cleanup(self.remove_volume, volume)
        return self.wait_for_volume(volume, 'available')

    @cleanup_order
    def own_volume(self, volume: Mapping[str, Any]) -> dict[str, Any]:
        """Take over from an administrator a volume, which is removed like one's own.

        :raises WentWrong: it is in an error state
        """
        self.cleanup(self.remove_volume, volume)
        given = self.os_admin.volumes_client_latest
        waiting.for_status(given, given.show_volume, volume['id'], 'available')
        transfer = self.os_admin.volume_transfers_client_latest.create_volume_transfer(
            volume_id=volume['id']
        )['transfer']
        self.os_primary.volume_transfers_client_latest.accept_volume_transfer(
            transfer['id'], auth_key=transfer['auth_key']
        )
        return self.wait_for_volume(volume, 'available')

    @classmethod
    def delete_volume(cls, volume: Mapping[str, Any], **kwargs: Any) -> None:
        """Delete a volume, if it is still there, and wait until it is gone.

        :raises WentWrong: its deletion has failed
        """
        test_utils.call_and_ignore_notfound_exc(
            cls.volumes_client.delete_volume, volume['id'], **kwargs
        )
        waiting.until_gone(cls.volumes_client, cls.volumes_client.show_volume, volume['id'])

    @classmethod
    def remove_volume(cls, volume: Mapping[str, Any]) -> None:
        """Delete a volume with all of its snapshots, and see that none of its files is left.

        :raises WentWrong: its deletion has failed
        :raises AssertionError: a file of it is left on the share, where that can be seen
        """
        cls.delete_volume(volume, cascade=True)
        removal.refuse_files(cls.share, volume['id'])

    @cleanup_order
    def create_volume_type(self, **specs: str) -> dict[str, Any]:
        """Make a type like the one under test, with further specifications."""
        types = self.os_admin.volume_types_client_latest
        for each in types.list_volume_types()['volume_types']:
            if self.settings.volume_type in (each['name'], each['id']):
                specs = {**each['extra_specs'], **specs}
        made = types.create_volume_type(name=self._name('type'), extra_specs=specs)['volume_type']
        self.cleanup(types.delete_volume_type, made['id'])
        return dict(made)

    @classmethod
    def wait_for_volume(cls, volume: Mapping[str, Any], status: str) -> dict[str, Any]:
        """Wait for a status of a volume.

        :raises WentWrong: it is in a status from which it will not come
        """
        client = cls.volumes_client
        return waiting.for_status(client, client.show_volume, volume['id'], status)

    @cleanup_order
    def ask_for_snapshot(self, volume: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Ask for a snapshot of a volume, attached or not, and don't wait for it."""
        kwargs.setdefault('force', True)
        snapshot = self.snapshots_client.create_snapshot(
            volume_id=volume['id'], name=self._name('snapshot'), **kwargs
        )['snapshot']
        self.cleanup(self.remove_snapshot, snapshot)
        return dict(snapshot)

    @cleanup_order
    def create_snapshot(self, volume: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Take a snapshot of a volume, attached or not.

        :raises WentWrong: it can't be taken
        """
        return self.wait_for_snapshot(self.ask_for_snapshot(volume, **kwargs), 'available')

    @classmethod
    def wait_for_snapshot(cls, snapshot: Mapping[str, Any], status: str) -> dict[str, Any]:
        """Wait for a status of a snapshot.

        :raises WentWrong: it is in a status from which it will not come
        """
        client = cls.snapshots_client
        return waiting.for_status(client, client.show_snapshot, snapshot['id'], status)

    @classmethod
    def delete_snapshot(cls, snapshot: Mapping[str, Any]) -> None:
        """Delete a snapshot, if it is still there, and wait until it is gone.

        :raises WentWrong: its deletion has failed
        """
        removal.delete_snapshot(cls.snapshots_client, snapshot['id'])

    @classmethod
    def remove_snapshot(cls, snapshot: Mapping[str, Any]) -> None:
        """Delete a snapshot, in whatever status a test has left it.

        :raises WentWrong: its deletion fails, or had failed before; in that case it is gone now
        """
        removal.clear_snapshot(cls.snapshots_client, cls.admin_snapshots_client, snapshot['id'])

    @cleanup_order
    def create_server(self, **kwargs: Any) -> dict[str, Any]:
        """Start a server that can write to volumes, with a way to log in if data needs one.

        One that is there for a whole class has none: data is a matter of each test.

        :raises BuildErrorException: it does not start
        :raises TimeoutException: it does not in time, or nobody can log in
        """
        of_class = isinstance(self, type)
        by_ssh = self.settings.data_path is DataPath.SSH and not of_class
        resources = self.get_test_validation_resources(self.os_primary) if by_ssh else None
        network = self.get_tenant_network()
        if not network and _networks_needed(self.compute_request_microversion):
            kwargs.setdefault('networks', 'none')
        server, _ = compute.create_test_server(
            self.os_primary,
            validatable=by_ssh,
            validation_resources=resources,
            tenant_network=network,
            wait_until='SSHABLE' if by_ssh else 'ACTIVE',
            name=self._name('server'),
            image_id=kwargs.pop('image_id', self.settings.guest_image_ref),
            **kwargs,
        )
        self.cleanup(self.delete_server, server)
        self.login[server['id']] = resources
        return dict(self.servers_client.show_server(server['id'])['server'])

    @classmethod
    def delete_server(cls, server: Mapping[str, Any]) -> None:
        """Delete a server, if it is still there, and wait until it is gone.

        :raises TimeoutException: it is still there
        """
        client = cls.servers_client
        test_utils.call_and_ignore_notfound_exc(client.delete_server, server['id'])
        waiting.until_gone(client, client.show_server, server['id'])

    @classmethod
    def let_nova_take_note(cls) -> None:
        """Wait until Nova knows the active file of each volume, before it opens files anew.

        The only wait that is for no event: Cinder shows a snapshot as available, and Nova sees
        that up to half a second later and then notes the new active file, where no API shows it.
        A server that stops and starts, reboots, is shelved or moves in between comes up on the
        file of the snapshot, and writes to it.
        """
        waiting.let_pass(_NOVA_TAKES_NOTE_SECONDS)

    @classmethod
    def stop_server(cls, server: Mapping[str, Any]) -> None:
        """Shut a server off, once Nova has taken note of the last snapshot of its volumes.

        :raises WentWrong: it can't be shut off
        """
        cls.let_nova_take_note()
        cls.servers_client.stop_server(server['id'])
        cls.wait_for_server(server, 'SHUTOFF')

    @classmethod
    def start_server(cls, server: Mapping[str, Any]) -> None:
        """Start a server that is shut off, of whose volumes snapshots may have been taken then.

        :raises WentWrong: it can't be started
        """
        cls.let_nova_take_note()
        cls.servers_client.start_server(server['id'])
        cls.wait_for_server(server, 'ACTIVE')

    @classmethod
    def wait_for_server(cls, server: Mapping[str, Any], status: str) -> dict[str, Any]:
        """Wait for a status of a server.

        :raises WentWrong: it is in a status from which it will not come
        """
        client = cls.servers_client
        return waiting.for_status(client, client.show_server, server['id'], status)

    @cleanup_order
    def attach(self, server: Mapping[str, Any], volume: Mapping[str, Any]) -> dict[str, Any]:
        """Attach a volume; it is detached after the test.

        :raises TimeoutException: it has not come to the server
        """
        self.servers_client.attach_volume(server['id'], volumeId=volume['id'])
        self.cleanup(self._detach_if_attached, server, volume)
        return self._wait_for_holder(server, volume, attached=True)

    @classmethod
    def detach(cls, server: Mapping[str, Any], volume: Mapping[str, Any]) -> dict[str, Any]:
        """Detach a volume.

        :raises TimeoutException: it has not left the server
        """
        cls.servers_client.detach_volume(server['id'], volume['id'])
        return cls._wait_for_holder(server, volume, attached=False)

    @classmethod
    def _detach_if_attached(cls, server: Mapping[str, Any], volume: Mapping[str, Any]) -> None:
        shown = test_utils.call_and_ignore_notfound_exc(
            cls.volumes_client.show_volume, volume['id']
        )
        if shown and server['id'] in _holders(shown['volume']):
            cls.detach(server, volume)

    @classmethod
    def _wait_for_holder(
        cls, server: Mapping[str, Any], volume: Mapping[str, Any], *, attached: bool
    ) -> dict[str, Any]:
        client = cls.volumes_client
        return waiting.until(
            f'{volume["id"]} {"attached to" if attached else "detached from"} {server["id"]}',
            lambda: dict(client.show_volume(volume['id'])['volume']),
            lambda shown: (
                (server['id'] in _holders(shown)) is attached
                and shown['status'] in ('in-use', 'available')
            ),
            seconds=client.build_timeout,
            pause=client.build_interval,
        )

    @classmethod
    def _name(cls, what: str) -> str:
        name = f'{cls.__name__}-{what}'
        return str(data_utils.rand_name(name, prefix=CONF.resource_name_prefix))


def _holders(volume: Mapping[str, Any]) -> set[str]:
    return {attachment['server_id'] for attachment in volume['attachments']}


def _networks_needed(version: str) -> bool:
    requested = api_version_request.APIVersionRequest(version)
    return bool(requested >= api_version_request.APIVersionRequest(_NETWORKS_NEEDED))
