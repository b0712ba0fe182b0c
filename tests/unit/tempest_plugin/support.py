# SPDX-License-Identifier: Apache-2.0
"""A configuration as tempest makes it, and a cloud that answers what it is told to."""

import configparser
import json
import tempfile

from oslo_config import cfg
from tempest import config as tempest_config

from tempest_plugin.plugin import AssistedSnapshotsPlugin

VOLUME = '0b6f3a0e-1111-4222-8333-444455556666'
SNAPSHOT = '1c7f3a0e-1111-4222-8333-444455556666'
NEWER = '2d8f3a0e-1111-4222-8333-444455556666'


def configuration(
    run_validation=False, image_ref='image', default_type='', available=('cinder', 'nova'), **ours
):
    """Return tempest's options with our group, as from a file that says what is told here."""
    conf = cfg.ConfigOpts()
    for group, options in (
        (tempest_config.validation_group, tempest_config.ValidationGroup),
        (tempest_config.compute_group, tempest_config.ComputeGroup),
        (tempest_config.compute_features_group, tempest_config.ComputeFeaturesGroup),
        (tempest_config.enforce_scope_group, tempest_config.EnforceScopeGroup),
        (tempest_config.volume_group, tempest_config.VolumeGroup),
        (tempest_config.service_available_group, tempest_config.ServiceAvailableGroup),
    ):
        tempest_config.register_opt_group(conf, group, options)
    AssistedSnapshotsPlugin().register_opts(conf)
    written = {
        'validation': {'run_validation': run_validation},
        'compute': {'image_ref': image_ref},
        'volume': {'volume_type': default_type},
        'service_available': {name: name in available for name in ('cinder', 'nova')},
        'assisted_snapshots': ours,
    }
    with tempfile.NamedTemporaryFile('w+') as file:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_dict(written)
        parser.write(file)
        file.flush()
        conf([], default_config_files=[file.name])
    return conf


class FakeAuth:
    """Lets every request through."""

    def auth_request(self, method, url, headers=None, body=None, filters=None):
        """Return the request as it is."""
        return url, headers, body


class FakeCloud:
    """Answers each request of a client alike, and keeps what it was asked."""

    def __init__(self, client_class, status, body=None):
        self.asked = []
        self.client = client_class(FakeAuth(), 'service', 'region')
        self.client.http_obj = self
        self._status = status
        self._body = b'' if body is None else json.dumps(body).encode()

    def request(self, url, method, headers=None, body=None, **_):
        """Answer."""
        self.asked.append((method, url, json.loads(body) if body else None))
        return Response(self._status, len(self._body)), self._body


class Response(dict):
    """The head of an answer, as tempest's HTTP client gives it."""

    def __init__(self, status, length):
        super().__init__({'content-type': 'application/json', 'content-length': str(length)})
        self['status'] = str(status)
        self.status = status
        self.reason = 'answered'
