# SPDX-License-Identifier: Apache-2.0
"""What all tests of the plugin have in common.

Main class: :class:`AssistedTest`. A test class says with the attributes ``features``,
``needs_share``, ``needs_depth``, ``acts_as_service`` and ``essential`` what it can't do without.
Each test ends with :meth:`finish`, which skips it if what it was to judge could not be looked at
(:mod:`tempest_plugin.looking`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tempest import config
from tempest.lib import decorators
from tempest.lib.common import api_version_utils
from testtools import content

from console_guest.protocol import Found
from tempest_plugin import accounts
from tempest_plugin.config import GROUP, DataPath, Settings, ShareAccess
from tempest_plugin.data.guest import ConsoleGuest, Guest, Mark, UnseenGuest
from tempest_plugin.data.ssh_guest import SshGuest
from tempest_plugin.judges import chain, data, leftovers, permissions
from tempest_plugin.looking import Kind, Looks
from tempest_plugin.resources import Resources
from tempest_plugin.share.view import view_of

CONF = config.CONF


class AssistedTest(api_version_utils.BaseMicroversionTest, Resources):
    """A test of volumes and snapshots, with the clients of a member (``os_primary``).

    :cvar features: names of boolean options of our group that have to be set.
    :cvar needs_share: whether the class is about the files of the share.
    :cvar needs_depth: how many snapshots of one volume its tests hold at once.
    :cvar acts_as_service: whether it takes an account like Cinder's, ``os_service_user``.
    :cvar essential: what a test has to look at to pass.
    :cvar uses_servers: whether a network is needed.
    """

    credentials: Sequence[str | list[str]] = ('primary', 'admin')
    features: tuple[str, ...] = ()
    needs_share = False
    needs_depth = 1
    acts_as_service = False
    essential: Collection[Kind] = ()
    uses_servers = True

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Tag each test, so that ``--regex assisted_snapshots`` finds all of them, wherever."""
        super().__init_subclass__(**arguments)
        for name, member in vars(cls).items():
            if name.startswith('test_'):
                decorators.attr(type=GROUP.name)(member)

    @classmethod
    def skip_checks(cls) -> None:
        """Skip the class where the cloud lacks what it needs."""
        super().skip_checks()
        for service in ('cinder', 'nova') if cls.uses_servers else ('cinder',):
            if not getattr(CONF.service_available, service):
                raise cls.skipException(f'[service_available] {service} is not set')
        for feature in cls.features:
            if not getattr(CONF.assisted_snapshots, feature):
                raise cls.skipException(f'[assisted_snapshots] {feature} is not set')
        cls.settings = Settings.of(CONF)
        if cls.needs_share and cls.settings.share_access is ShareAccess.NONE:
            raise cls.skipException('[assisted_snapshots] share_access is "none"')
        if cls.settings.depth < cls.needs_depth:
            raise cls.skipException(
                f'[assisted_snapshots] depth is {cls.settings.depth}, less than {cls.needs_depth}'
            )
        cls._check_microversions()
        cls._check_accounts()

    @classmethod
    def _check_microversions(cls) -> None:
        for service, low, high in (
            ('compute', cls.min_microversion, cls.max_microversion),
            ('volume', cls.volume_min_microversion, cls.volume_max_microversion),
        ):
            had = getattr(CONF, service)
            api_version_utils.check_skip_with_microversion(
                low, high, had.min_microversion, had.max_microversion
            )

    @classmethod
    def _check_accounts(cls) -> None:
        if cls.acts_as_service and accounts.service_credentials() not in cls.credentials:
            cls.credentials = (*cls.credentials, accounts.service_credentials())
        lacking = accounts.lacking(cls.credentials, cls.get_identity_version())
        if lacking:
            raise cls.skipException(f'[auth] test_accounts_file lacks {lacking}')

    @classmethod
    def setup_credentials(cls) -> None:
        """Let users have a network where servers are used."""
        cls.set_network_resources(**dict.fromkeys(_NETWORK, cls.uses_servers))
        super().setup_credentials()

    @classmethod
    def setup_clients(cls) -> None:
        """Take the member's clients, and the administrator's."""
        super().setup_clients()
        cls.servers_client = cls.os_primary.servers_client
        cls.volumes_client = cls.os_primary.volumes_client_latest
        cls.snapshots_client = cls.os_primary.snapshots_client_latest
        cls.admin_snapshots_client = cls.os_admin.snapshots_client_latest

    @classmethod
    def resource_setup(cls) -> None:
        """Ask for the microversions that the class wants, and look for the share."""
        super().resource_setup()
        cls.login = {}
        cls.compute_request_microversion = api_version_utils.select_request_microversion(
            cls.min_microversion, CONF.compute.min_microversion
        )
        cls.volume_request_microversion = api_version_utils.select_request_microversion(
            cls.volume_min_microversion, CONF.volume.min_microversion
        )
        cls.setup_api_microversion_fixture(
            compute_microversion=cls.compute_request_microversion,
            volume_microversion=cls.volume_request_microversion,
        )
        cls.share = view_of(cls.settings)

    def setUp(self) -> None:
        """Begin to count looks."""
        super().setUp()
        self.looks = Looks()
        self.addCleanup(lambda: self.addDetail('looks', content.text_content(str(self.looks))))

    def finish(self) -> None:
        """End the test: skipped, if it could not look at what is essential."""
        lacking = self.looks.lacking(self.essential)
        if lacking:
            self.skipTest(f'all calls were right, but {lacking}')

    def guest(self, server: Mapping[str, Any]) -> Guest:
        """Return the guest of a server that :meth:`create_server` made."""
        if self.settings.data_path is DataPath.CONSOLE:
            return ConsoleGuest(self.servers_client, server['id'])
        if self.settings.data_path is DataPath.SSH:
            return SshGuest.logged_in(self.servers_client, server, self.login[server['id']])
        return UnseenGuest(server['id'])

    def check_data(
        self,
        guest: Guest,
        volume: Mapping[str, Any],
        mark: Mark,
        *,
        least: int,
        most: int | None = None,
    ) -> Found:
        """Judge what a guest finds on a volume attached, or started with, after the mark.

        :raises AssertionError: a block is bad, or the number of records can't be right
        :raises GuestFailed: the guest had an error on the disk
        :raises TimeoutException: it has not found the disk
        """
        found = guest.found(volume['id'], mark)
        if not guest.seen:
            self.looks.missed(Kind.DATA, '[assisted_snapshots] data_path is "volume"')
            return found
        self.looks.looked(Kind.DATA)
        self._refuse(data.faults(found, least=least, most=most), f'data of volume {volume["id"]}')
        return found

    def check_files(self, volume: Mapping[str, Any], when: str) -> None:
        """Judge owner, group and mode of each file of a volume, which has to have one.

        :param when: after which step, for the message
        :raises AssertionError: there is no file, or one is not as the options say
        :raises ShareUnseen: the share can't be looked at
        """
        if self.share is None:
            self.looks.missed(Kind.FILES, _NO_SHARE)
            return
        files = self.share.files(volume['id'])
        self.assertNotEmpty(
            files, f'volume {volume["id"]} has no file below {self.settings.share_path}, {when}'
        )
        self.looks.looked(Kind.FILES)
        expected = permissions.Expectation.of(self.settings)
        self._refuse(permissions.faults(files, expected), f'files, {when}')

    def check_chain(
        self, volume: Mapping[str, Any], snapshots: Collection[Mapping[str, Any]]
    ) -> None:
        """Judge the backing chain of a volume that has these snapshots, none under way.

        :raises AssertionError: images, record and snapshots disagree
        :raises ShareUnseen: the share can't be looked at, or its record or images can't be read
        """
        if self.share is None:
            self.looks.missed(Kind.CHAIN, _NO_SHARE)
            return
        seen = self.share.chain(volume['id'])
        self.looks.looked(Kind.CHAIN)
        faults = chain.faults(seen, [snapshot['id'] for snapshot in snapshots])
        self._refuse(faults, f'backing chain of volume {volume["id"]}')

    def check_gone(self, volume: Mapping[str, Any]) -> None:
        """Judge what is left on the share of a volume that is deleted.

        :raises AssertionError: a file of it is left
        :raises ShareUnseen: the share can't be looked at
        """
        if self.share is None:
            self.looks.missed(Kind.FILES, _NO_SHARE)
            return
        files = self.share.files(volume['id'])
        self.looks.looked(Kind.FILES)
        self._refuse(leftovers.faults(files, volume['id']), 'files after the deletion')

    def _refuse(self, faults: list[str], what: str) -> None:
        if faults:
            self.fail(f'{what}: ' + '; '.join(faults))


_NETWORK = ('network', 'subnet', 'router', 'dhcp')
_NO_SHARE = '[assisted_snapshots] share_access is "none"'
