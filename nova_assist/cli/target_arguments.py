# SPDX-License-Identifier: Apache-2.0
"""The grammar of what is put to the test, for the commands that start a cloud.

Main functions: :func:`add_target` and :func:`target_of`.
"""

from __future__ import annotations

import argparse

from nova_assist.accounts import DEFAULTS
from nova_assist.cli import target
from nova_assist.cli.target import DEFAULT_DRIVER, Target
from nova_assist.cloud.shares import is_export


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe a target."""
    group = parser.add_argument_group('what is put to the test')
    _add_driver(group)
    _add_accounts(group)
    _add_services(group)
    for service in ('cinder', 'compute'):
        group.add_argument(
            f'--{service}-port',
            metavar='N',
            type=target.port,
            default=0,
            help=f"the port of the {service} service's API on 127.0.0.1 (default: any free one)",
        )


def add_keep(parser: argparse.ArgumentParser) -> None:
    """Add the option that keeps the cloud's files."""
    parser.add_argument(
        '--keep',
        action='store_true',
        help="keep the cloud's working folder (configuration, database, share) and say where",
    )


def target_of(parser: argparse.ArgumentParser, found: argparse.Namespace) -> Target:
    """Return the target that was described.

    :raises SystemExit: the options don't go together.
    """
    for what, pairs in (('option', found.option), ('account', found.account)):
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                parser.error(f'{what} {key} is given {keys.count(key)} times')
    if (found.shares or 1) > 1 and found.share and is_export(found.share):
        parser.error(f'--share {found.share} is one share, not {found.shares}: leave out either')
    if found.account and not found.secure:
        parser.error('--account is for a run in secure mode: add --secure')
    keystone, barbican = found.identity == 'keystone', found.key_manager == 'barbican'
    if barbican and not keystone:
        parser.error(
            '--key-manager barbican gives keys to users of Keystone only: add --identity keystone'
        )
    if found.cinder_port and found.cinder_port == found.compute_port:
        parser.error(f'--cinder-port and --compute-port are both {found.cinder_port}')
    return Target(
        driver=found.driver or DEFAULT_DRIVER,
        share=found.share,
        share_count=found.shares or 1,
        options=tuple(found.option),
        cinder_port=found.cinder_port,
        compute_port=found.compute_port,
        secure=found.secure,
        accounts=tuple(found.account),
        with_keystone=keystone,
        with_barbican=barbican,
    )


def _add_driver(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--driver',
        metavar='CLASS',
        type=target.class_path,
        help=f'the volume_driver of cinder.conf, any RemoteFS driver (default: {DEFAULT_DRIVER})',
    )
    group.add_argument(
        '--share',
        metavar='SHARE',
        type=target.share,
        help='a real share, which is mounted as root, or an existing local folder'
        ' (default: a local folder of its own, needs no root)',
    )
    group.add_argument(
        '--shares',
        metavar='N',
        type=target.count,
        help='how many local folders each backend has as its shares (default: 1)',
    )
    group.add_argument(
        '--option',
        metavar='KEY=VALUE',
        type=target.option,
        action='append',
        default=[],
        help="an option for the driver's section of cinder.conf; may be given several times",
    )


def _add_accounts(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--secure',
        action='store_true',
        help='run Cinder and QEMU under accounts of their own, with nas_secure_file_operations '
        'and nas_secure_file_permissions true; needs root to do so',
    )
    defaults = ', '.join(f'{role}={name}' for role, name in DEFAULTS.items())
    group.add_argument(
        '--account',
        metavar='ROLE=NAME',
        type=target.account,
        action='append',
        default=[],
        help='with --secure, the account that is cinder, hypervisor or outsider; may be given '
        f'once for each (default: {defaults})',
    )


def _add_services(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--identity',
        choices=('none', 'keystone'),
        help="with keystone, clients log in with a real Keystone of the cloud's own, and files "
        'for openstack and tempest are written (default: every token is believed)',
    )
    group.add_argument(
        '--key-manager',
        choices=('fixed', 'barbican'),
        help='with barbican, each encrypted volume has a key of its own in a real Barbican of the '
        "cloud's own, which only members of the volume's project get; needs --identity keystone "
        '(default: one fixed key for all)',
    )
