# SPDX-License-Identifier: Apache-2.0
"""A cloud of others that is put to the test, and the grammar of its options.

Main class: :class:`RemoteTarget`.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from console_guest import IMAGE
from nova_assist.cloud.shares import is_export

FORMATS = ('raw', 'qcow2')

#: What is the embedded cloud's alone: options, and where :mod:`argparse` puts them.
_EMBEDDED = {
    '--driver': 'driver',
    '--shares': 'shares',
    '--option': 'option',
    '--secure': 'secure',
    '--account': 'account',
    '--identity': 'identity',
    '--key-manager': 'key_manager',
    '--cinder-port': 'cinder_port',
    '--compute-port': 'compute_port',
    '--crash': 'crash',
    '--cluster': 'cluster',
    '--keep': 'keep',
}
#: What a cloud of others alone has.
_REMOTE = {
    '--cloud-name': 'cloud_name',
    '--volume-type': 'volume_type',
    '--image': 'image',
    '--flavor': 'flavor',
}


@dataclasses.dataclass(frozen=True)
class RemoteTarget:
    """Which cloud, and what of it is used.

    :ivar file: the ``clouds.yaml``
    :ivar name: what it calls the cloud; ``None`` for the only one
    :ivar types: format and name of volume types, one a format
    :ivar seen: the folder in which the volumes' files are seen
    """

    file: Path
    name: str | None
    types: tuple[tuple[str, str], ...]
    image: str
    flavor: str
    seen: str | None = None

    @property
    def driver(self) -> str:
        """Nothing: whose driver it is isn't known."""
        return ''

    @property
    def share(self) -> str:
        """Where the share is seen, for the report."""
        return self.seen or 'not seen'

    @property
    def all_options(self) -> Mapping[str, str]:
        """Nothing: which options the driver has isn't known."""
        return {}

    def words(self) -> list[str]:
        """Return the words of a command line that ask for this target again."""
        words = ['--cloud', str(self.file)]
        if self.name is not None:
            words += ['--cloud-name', self.name]
        for image_format, name in self.types:
            words += ['--volume-type', f'{image_format}={name}']
        words += ['--image', self.image, '--flavor', self.flavor]
        if self.seen is not None:
            words += ['--share', self.seen]
        return words


def add_remote(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe a cloud of others."""
    group = parser.add_argument_group(
        'a cloud of others',
        'with --cloud, the scenarios are played there in place of the embedded cloud; --share is '
        'then the folder in which this machine sees the share, if it does',
    )
    group.add_argument(
        '--cloud',
        metavar='FILE',
        type=_file,
        help='a clouds.yaml, as the openstack command has it, with an administrator',
    )
    group.add_argument(
        '--cloud-name',
        metavar='NAME',
        help='which of its clouds (default: that of OS_CLOUD, or the only one)',
    )
    group.add_argument(
        '--volume-type',
        metavar='FORMAT=NAME',
        type=_volume_type,
        action='append',
        default=[],
        help='the volume type that makes raw (raw=NAME) or qcow2 volumes (qcow2=NAME); once for '
        'each; only scenarios with such volumes are run',
    )
    group.add_argument(
        '--image',
        metavar='NAME',
        help=f'name or id of the image that has the console guest (default: {IMAGE})',
    )
    group.add_argument('--flavor', metavar='NAME', help='name or id of a flavor for the guests')


def remote_of(parser: argparse.ArgumentParser, found: argparse.Namespace) -> RemoteTarget | None:
    """Return the cloud of others that was described, ``None`` for the embedded one.

    :raises SystemExit: the options don't go together
    """
    if found.cloud is None:
        for option, name in _REMOTE.items():
            if getattr(found, name):
                parser.error(f'{option} is for a cloud of others: add --cloud')
        return None
    for option, name in _EMBEDDED.items():
        if getattr(found, name):
            parser.error(f'{option} is for the embedded cloud, and does not go with --cloud')
    if not found.volume_type:
        parser.error('--cloud needs --volume-type raw=NAME or qcow2=NAME')
    formats = [image_format for image_format, _ in found.volume_type]
    for image_format in FORMATS:
        if formats.count(image_format) > 1:
            parser.error(f'--volume-type is given more than once for {image_format} volumes')
    if not found.flavor:
        parser.error('--cloud needs --flavor')
    if found.share and is_export(found.share):
        parser.error('with --cloud, --share is the folder in which the share is seen here')
    return RemoteTarget(
        file=found.cloud,
        name=found.cloud_name or os.environ.get('OS_CLOUD'),
        types=tuple(found.volume_type),
        image=found.image or IMAGE,
        flavor=found.flavor,
        seen=found.share,
    )


def _file(word: str) -> Path:
    if not os.path.isfile(word):
        raise argparse.ArgumentTypeError(f'there is no file {word!r}')
    return Path(word)


def _volume_type(word: str) -> tuple[str, str]:
    image_format, equals, name = word.partition('=')
    if image_format not in FORMATS or not equals or not name:
        raise argparse.ArgumentTypeError(
            f'{word!r} does not say the format of its volumes: write raw={word} or qcow2={word}'
            if not equals
            else f'{word!r} names no volume type: write raw=NAME or qcow2=NAME'
        )
    return image_format, name
