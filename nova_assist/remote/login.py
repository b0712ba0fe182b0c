# SPDX-License-Identifier: Apache-2.0
"""Logs in to a cloud that a ``clouds.yaml`` describes, and finds its services.

Main function: :func:`log_in`, which returns a :class:`Login`. The file is read by openstacksdk, as
for the ``openstack`` command.
"""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import yaml
from cinderclient import client as cinder_client
from keystoneauth1 import adapter
from keystoneauth1 import exceptions as session_errors
from novaclient import client as nova_client

from nova_assist.cloud.clients import CINDER_VERSION
from nova_assist.cloud.errors import MissingExtraError
from nova_assist.remote.errors import LackingError, LoginError
from nova_assist.scenarios.image_service import ImageService
from nova_assist.scenarios.rest import Api

#: As the embedded cloud's clients have it; all supported releases of Nova do.
_COMPUTE_VERSION = '2.60'
_IMAGE_VERSIONS = {'min_version': '2', 'max_version': '2.latest'}
_CHOOSE = 'choose one with --cloud-name or OS_CLOUD'


@dataclasses.dataclass(frozen=True)
class Login:
    """Somebody who has logged in to a cloud.

    :ivar name: what the file calls the cloud
    :ivar region: openstacksdk's view of it
    """

    name: str
    region: Any
    session: Any

    def endpoint(self, service_type: str) -> Any:
        """Return where a service is, and which microversions it has.

        :raises LackingError: the catalog doesn't have it, or it doesn't answer
        """
        versions = _IMAGE_VERSIONS if service_type == 'image' else {}
        asking = adapter.Adapter(self.session, **self._where(service_type), **versions)
        try:
            found = asking.get_endpoint_data()
        except ValueError:  # what keystoneauth makes of a service without endpoints in the region
            found = None
        except session_errors.ClientException as error:
            raise LackingError(
                f'cloud {self.name}: its {service_type} service can not be reached: {error}'
            ) from error
        if found is None or not found.url:
            raise LackingError(
                f'cloud {self.name} has no endpoint of a {service_type} service '
                f'(region {self.region.get_region_name(service_type) or "any"}, '
                f'interface {self.region.get_interface(service_type)}): see its catalog, and '
                'region_name and interface in the file'
            )
        return found

    @functools.cached_property
    def api(self) -> Api:
        """The three services.

        :raises LackingError: one of them can't be found
        """
        for service_type in ('block-storage', 'compute'):
            self.endpoint(service_type)
        return Api(
            cinder_client.Client(
                CINDER_VERSION, session=self.session, **self._where('block-storage')
            ),
            _novaclient(self.session, **self._where('compute')),
            ImageService(self.session, self.endpoint('image').url.rstrip('/')),
        )

    def _where(self, service_type: str) -> dict[str, Any]:
        return {
            'service_type': service_type,
            'region_name': self.region.get_region_name(service_type),
            'interface': self.region.get_interface(service_type),
            'endpoint_override': self.region.get_endpoint(service_type),
        }


def _novaclient(session: Any, *, interface: str, **where: Any) -> Any:
    """Return a python-novaclient, which has another word for the interface."""
    return nova_client.Client(_COMPUTE_VERSION, session=session, endpoint_type=interface, **where)


def log_in(file: Path, name: str | None) -> Login:
    """Log in to a cloud of a file.

    :param name: which one; ``None`` for the only one
    :raises LoginError: there is no such cloud, or it doesn't let us in
    :raises MissingExtraError: openstacksdk isn't installed
    """
    region = _region(file, name)
    session = region.get_session()
    try:
        session.get_token()
    except session_errors.ClientException as error:
        raise LoginError(
            f'can not log in to cloud {region.name} of {file}: {error}; see its auth_url, user '
            'and password there'
        ) from error
    return Login(region.name, region, session)


def _region(file: Path, name: str | None) -> Any:
    """Return openstacksdk's view of a cloud.

    Nothing of the environment counts: variables for another cloud may be set.
    """
    try:
        from openstack import config, exceptions
    except ImportError as error:
        raise MissingExtraError('openstack', 'harness') from error
    try:
        known = config.OpenStackConfig(config_files=[str(file)], load_envvars=False)
        return known.get_one(cloud=_chosen(file, name, known.get_cloud_names()))
    except (
        exceptions.ConfigException,
        session_errors.ClientException,
        yaml.YAMLError,
        OSError,
        AttributeError,
        TypeError,
    ) as error:  # the last two: of a file that is no map of maps
        raise LoginError(f'{file} is no clouds.yaml that can be used: {error}') from error


def _chosen(file: Path, name: str | None, names: list[str]) -> str:
    told = ', '.join(sorted(names)) or 'none'
    if name is None and len(names) != 1:
        raise LoginError(f'{file} has {len(names)} clouds ({told}): {_CHOOSE}')
    chosen = names[0] if name is None else name
    if chosen not in names:
        raise LoginError(f'{file} has no cloud {chosen!r}; it has: {told}; {_CHOOSE}')
    return chosen
