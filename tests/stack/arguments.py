# SPDX-License-Identifier: Apache-2.0
"""The command line of the stack, as checked values; main function: :func:`parse`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tests.devstack import host
from tests.judged import OURS
from tests.stack import faults, scenarios
from tests.stack.settings import ADDRESS, Share
from tests.tempest import running

_ROLES = {'cinder': "Cinder's services", 'nova': 'nova-compute'}
#: Those with one backend, of this project's driver.
_SAMPLES = ('secure', 'insecure', 'qcow2')
_EXPORTS = {True: Path('/srv/squash'), False: Path('/srv/trusting')}


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; ends the process where they are wrong."""
    parser = argparse.ArgumentParser(
        prog='python -m tests.stack',
        description='Bring a real OpenStack up, run a story on it, and take it down again.',
        epilog='SERIES in the environment is its release, 2026.1 by default. Exit codes: 0 all '
        'well, 1 a story or tests failed, 2 no stack, 130 interrupted.',
    )
    _add_stack(parser)
    _add_backend(parser)
    _add_tests(parser)
    found = parser.parse_args(words)
    if found.devstack:
        _take_sample(found)
    if found.record and (
        found.tempest or found.regex or found.scenarios or found.faults is not None
    ):
        parser.error('--record tells a story of its own: leave tests, scenarios and faults out')
    if found.record and found.share is Share.NFS:
        parser.error('--record writes a file, which the lab would lose: use the local share')
    return found


def _add_stack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--base',
        type=Path,
        default=Path('/opt/nova-assist-stack'),
        help='folder of all that is installed and made (default: %(default)s)',
    )
    parser.add_argument(
        '--port-base', type=int, default=15000, help='first of its TCP ports (%(default)s)'
    )
    parser.add_argument(
        '--python', default='/usr/bin/python3', help='Python of the services (%(default)s)'
    )
    parser.add_argument('--keep', action='store_true', help='leave it up in the end')
    parser.add_argument('--down', action='store_true', help='only take it down')


def _add_backend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--share',
        type=Share,
        choices=tuple(Share),
        default=Share.LOCAL,
        metavar='{local,nfs}',
        help='local: a stand-in for NFS; nfs: the NFS lab (default: local)',
    )
    parser.add_argument('--driver', default=OURS, help='class of the driver (%(default)s)')
    parser.add_argument(
        '--devstack',
        choices=_SAMPLES,
        help="have the backend's section be what the devstack plugin writes for a sample of its "
        "own; driver, secure mode and libvirt's dynamic_ownership are then the sample's, too",
    )
    parser.add_argument(
        '--option',
        action='append',
        default=[],
        type=_option,
        metavar='NAME=VALUE',
        help="for the backend's section of cinder.conf; repeatable",
    )
    parser.add_argument(
        '--secure', action='store_true', help='NFS secure mode; with --share nfs root is squashed'
    )
    for service, default in (('cinder', 'cinder'), ('nova', 'root')):
        parser.add_argument(
            f'--{service}-user',
            choices=('root', service),
            default=default,
            help=f'account of {_ROLES[service]} (%(default)s)',
        )
    parser.add_argument(
        '--dynamic-ownership',
        type=int,
        choices=(0, 1),
        default=1,
        help="libvirt's option: whether it hands disks to QEMU's account; with 0 QEMU runs "
        'as nova-compute does, as nova (%(default)s)',
    )
    parser.add_argument('--mount-options', default='', help='such as vers=3; for --share nfs')


def _add_tests(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--scenarios',
        nargs='?',
        const=scenarios.ALL,
        metavar='NAMES',
        help='run nova-assist run --cloud after the story: all scenarios, or those named, '
        'separated by commas',
    )
    parser.add_argument(
        '--tempest',
        choices=('all', 'plugin', 'stock'),
        help='run tempest after the story, all of the selection or a part',
    )
    parser.add_argument(
        '--record',
        type=Path,
        metavar='FILE',
        help='in place of the story, write down what Cinder and Nova say to each other',
    )
    parser.add_argument(
        '--faults',
        nargs='*',
        choices=faults.NAMES,
        metavar='NAME',
        help='after the story have services, QEMU and block jobs die in the middle of operations, '
        f'and Nova misled, in all cases or in those named: {", ".join(faults.NAMES)}',
    )
    parser.add_argument(
        '--faults-json', type=Path, metavar='FILE', help='write how they came out here, too'
    )
    running.add_arguments(parser, workers=2)


def _take_sample(found: argparse.Namespace) -> None:
    """Have driver, secure mode, mounts, options and owners be the sample's.

    Of what is given besides, mount options and options of the backend win.
    """
    written = host.Written.for_sample(found.devstack)
    section = dict(written.section)
    found.driver = section.pop('volume_driver')
    found.secure = section['nas_secure_file_permissions'] == 'True'
    mount_options = section.pop('nfs_mount_options')
    found.mount_options = found.mount_options or mount_options
    found.dynamic_ownership = int(written.dynamic_ownership)
    found.option = [*section.items(), *found.option]


def _option(text: str) -> tuple[str, str]:
    name, separator, value = text.partition('=')
    if not (name and separator) or len(text.splitlines()) != 1:
        raise argparse.ArgumentTypeError(f'{text!r} is not of the form NAME=VALUE')
    return name, value


def exported(arguments: argparse.Namespace, state: Path) -> tuple[str, Path]:
    """Return what is mounted, and the folder that the server has it in."""
    if arguments.share is Share.NFS:
        folder = _EXPORTS[arguments.secure]
    else:
        folder = state / 'share' / 'volumes'
    return f'{ADDRESS}:{folder}', folder
