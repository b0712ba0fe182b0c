# SPDX-License-Identifier: Apache-2.0
"""Making volumes, snapshots and servers for a test, and removing them after it.

Main class: :class:`Resources`, to be mixed into a test. What is made last is removed first, and
what can't be removed fails the test. Clients come from :mod:`tempest_plugin.base`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tempest import config, test
from tempest.common import compute
from tempest.lib.common import api_version_request
from tempest.lib.common.utils import data_utils, test_utils

from tempest_plugin import waiting
from tempest_plugin.config import DataPath, Settings

CONF = config.CONF

#: From here on a server has to be told that it gets no network.
_NETWORKS_NEEDED = '2.37'


class Resources(test.BaseTestCase):
    """What tests make. Each returns the resource as the API shows it, once it is ready."""

    settings: Settings
    servers_client: Any
    volumes_client: Any
    snapshots_client: Any

    def create_volume(self, **kwargs: Any) -> dict[str, Any]:
        """Make a volume of the type under test; it is removed with all of its snapshots."""
        kwargs.setdefault('size', CONF.volume.volume_size)
        if self.settings.volume_type and not {'snapshot_id', 'source_volid'} & kwargs.keys():
            kwargs.setdefault('volume_type', self.settings.volume_type)
        if CONF.compute.compute_volume_common_az:
            kwargs.setdefault('availability_zone', CONF.compute.compute_volume_common_az)
        volume = self.volumes_client.create_volume(name=self._name('volume'), **kwargs)['volume']
        self.addCleanup(self.delete_volume, volume, cascade=True)
        return self.wait_for_volume(volume, 'available')

    def delete_volume(self, volume: Mapping[str, Any], **kwargs: Any) -> None:
        """Delete a volume, if it is still there, and wait until it is gone."""
        test_utils.call_and_ignore_notfound_exc(
            self.volumes_client.delete_volume, volume['id'], **kwargs
        )
        waiting.until_gone(self.volumes_client, self.volumes_client.show_volume, volume['id'])

    def wait_for_volume(self, volume: Mapping[str, Any], status: str) -> dict[str, Any]:
        """Wait for a status of a volume."""
        client = self.volumes_client
        return waiting.for_status(client, client.show_volume, volume['id'], status)

    def create_snapshot(self, volume: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Take a snapshot of a volume, attached or not."""
        client = self.snapshots_client
        kwargs.setdefault('force', True)
        snapshot = client.create_snapshot(
            volume_id=volume['id'], name=self._name('snapshot'), **kwargs
        )['snapshot']
        self.addCleanup(self.delete_snapshot, snapshot)
        return waiting.for_status(client, client.show_snapshot, snapshot['id'], 'available')

    def delete_snapshot(self, snapshot: Mapping[str, Any]) -> None:
        """Delete a snapshot, if it is still there, and wait until it is gone."""
        client = self.snapshots_client
        test_utils.call_and_ignore_notfound_exc(client.delete_snapshot, snapshot['id'])
        waiting.until_gone(client, client.show_snapshot, snapshot['id'])

    def create_server(self, **kwargs: Any) -> dict[str, Any]:
        """Start a server that can write to volumes, with a way to log in if data needs one."""
        resources = self.get_test_validation_resources(self.os_primary)
        by_ssh = self.settings.data_path is DataPath.SSH
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
        self.addCleanup(self.delete_server, server)
        self.login[server['id']] = resources
        return dict(self.servers_client.show_server(server['id'])['server'])

    def delete_server(self, server: Mapping[str, Any]) -> None:
        """Delete a server, if it is still there, and wait until it is gone."""
        client = self.servers_client
        test_utils.call_and_ignore_notfound_exc(client.delete_server, server['id'])
        waiting.until_gone(client, client.show_server, server['id'])

    def stop_server(self, server: Mapping[str, Any]) -> None:
        """Shut a server off."""
        self.servers_client.stop_server(server['id'])
        self.wait_for_server(server, 'SHUTOFF')

    def start_server(self, server: Mapping[str, Any]) -> None:
        """Start a server that is shut off."""
        self.servers_client.start_server(server['id'])
        self.wait_for_server(server, 'ACTIVE')

    def wait_for_server(self, server: Mapping[str, Any], status: str) -> dict[str, Any]:
        """Wait for a status of a server."""
        client = self.servers_client
        return waiting.for_status(client, client.show_server, server['id'], status)

    def attach(self, server: Mapping[str, Any], volume: Mapping[str, Any]) -> dict[str, Any]:
        """Attach a volume; it is detached after the test."""
        self.servers_client.attach_volume(server['id'], volumeId=volume['id'])
        self.addCleanup(self._detach_if_attached, server, volume)
        return self._wait_for_holder(server, volume, attached=True)

    def detach(self, server: Mapping[str, Any], volume: Mapping[str, Any]) -> dict[str, Any]:
        """Detach a volume."""
        self.servers_client.detach_volume(server['id'], volume['id'])
        return self._wait_for_holder(server, volume, attached=False)

    def _detach_if_attached(self, server: Mapping[str, Any], volume: Mapping[str, Any]) -> None:
        shown = test_utils.call_and_ignore_notfound_exc(
            self.volumes_client.show_volume, volume['id']
        )
        if shown and server['id'] in _holders(shown['volume']):
            self.detach(server, volume)

    def _wait_for_holder(
        self, server: Mapping[str, Any], volume: Mapping[str, Any], *, attached: bool
    ) -> dict[str, Any]:
        client = self.volumes_client
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

    def _name(self, what: str) -> str:
        name = f'{type(self).__name__}-{what}'
        return str(data_utils.rand_name(name, prefix=CONF.resource_name_prefix))


def _holders(volume: Mapping[str, Any]) -> set[str]:
    return {attachment['server_id'] for attachment in volume['attachments']}


def _networks_needed(version: str) -> bool:
    requested = api_version_request.APIVersionRequest(version)
    return bool(requested >= api_version_request.APIVersionRequest(_NETWORKS_NEEDED))
