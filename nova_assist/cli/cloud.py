# SPDX-License-Identifier: Apache-2.0
"""``nova-assist cloud``: a cloud in the foreground, for use by hand.

Main function: :func:`cloud`.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from nova_assist.cli.display import Display
from nova_assist.cli.emitting import emit
from nova_assist.cli.errors import ExitCode
from nova_assist.cli.harness import Harness
from nova_assist.cli.run_arguments import CloudArguments
from nova_assist.cli.working import working_folder
from nova_assist.cloud.errors import ServiceError

_ADVICE = """\
# The cloud is up. In another terminal, give these lines to your shell; then, for example:
#   openstack volume create --size 1 --type qcow2 first
#   openstack server create --image stand-in --flavor m1.tiny --nic none --wait guest
#   openstack server add volume guest first
#   openstack volume snapshot create --force --volume first s1
# (pip install python-openstackclient brings that command.)
# With python-cinderclient and python-novaclient:
#   from os import environ
#   from keystoneauth1 import session, token_endpoint
#   import cinderclient.client, novaclient.client
#   auth = token_endpoint.Token(environ['OS_ENDPOINT'], environ['OS_TOKEN'])
#   both = session.Session(auth=auth)
#   cinder = cinderclient.client.Client(environ['OS_VOLUME_API_VERSION'], session=both)
#   nova = novaclient.client.Client(
#       '2.60', session=both, endpoint_override=environ['OS_COMPUTE_ENDPOINT_OVERRIDE'])
"""

_ADVICE_WITH_KEYSTONE = """\
# The cloud is up, and has a Keystone. In another terminal, give these lines to your shell; then,
# for example:
#   openstack volume create --size 1 --type qcow2 first
#   openstack --os-cloud demo server create --image stand-in --flavor m1.tiny --nic none guest
#   tempest run --config-file "$TEMPEST_CONFIG_DIR/tempest.conf" --regex tempest.api.volume
# (pip install python-openstackclient tempest brings those commands.)
# clouds.yaml has a cloud for each user: admin, demo, alt, demo-reader and more. Tempest makes
# users of its own; with use_dynamic_credentials = false it takes those of accounts.yaml.
"""


def cloud(arguments: CloudArguments, harness: Harness, display: Display) -> ExitCode:
    """Start a cloud, print what clients need, wait for a signal, stop it.

    :raises nova_assist.cloud.errors.CloudError: the cloud did not start, or failed; if it was a
        service, the folder is kept, because the message names a log in it.
    """
    up = False
    with working_folder(arguments.keep, display.tell, arguments.folder) as work:
        display.working('starting the cloud')
        try:
            with harness.open(work.path, arguments.target, arguments.keep) as session:
                up = True
                display.close()
                emit(_render(session.environment(), arguments.form))
                display.tell(f"the cloud's folder is {work.path}; Ctrl-C stops the cloud")
                try:
                    session.wait()
                finally:
                    display.tell('stopping the cloud')
        except KeyboardInterrupt:
            return ExitCode.PASSED if up else ExitCode.INTERRUPTED
        except ServiceError:
            work.keep = True
            raise
    return ExitCode.PASSED


def _render(environment: Mapping[str, str], form: str) -> str:
    if form == 'json':
        return json.dumps(dict(environment), indent=2) + '\n'
    lines = (f'export {name}={shlex.quote(value)}\n' for name, value in environment.items())
    advice = _ADVICE_WITH_KEYSTONE if 'OS_CLOUD' in environment else _ADVICE
    return advice + ''.join(lines)
