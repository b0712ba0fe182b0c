# SPDX-License-Identifier: Apache-2.0
"""The options of the group ``[assisted_snapshots]`` in ``tempest.conf``, and how they are read.

Main class: :class:`Settings`, the options as checked values. :func:`list_opts` is for samples of
the configuration.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

from oslo_config import cfg, types
from tempest.lib import exceptions

GROUP = cfg.OptGroup(
    name='assisted_snapshots',
    title='Snapshots of file-based volumes, taken with the help of Nova',
)


class ShareAccess(enum.Enum):
    """How the tests see the files of the volumes."""

    NONE = 'none'
    LOCAL = 'local'
    SSH = 'ssh'


class DataPath(enum.Enum):
    """How the tests see what a guest wrote, and what it finds."""

    SSH = 'ssh'
    CONSOLE = 'console'
    VOLUME = 'volume'


_SHARE = [
    cfg.StrOpt(
        'share_access',
        default='none',
        choices=[
            ('none', 'not at all'),
            ('local', 'in a folder of this host'),
            ('ssh', 'in a folder of another host'),
        ],
        help='How to see the volumes\' files. Set it to "local" where tempest runs on a host that '
        'has the share mounted (devstack on one machine), to "ssh" where another host has, and '
        'leave "none" otherwise: then tests of owner, mode and leftover files are skipped.',
    ),
    cfg.StrOpt(
        'share_path',
        help="The folder that the volumes' files lie in, or the folder above it, such as "
        'nfs_mount_point_base. Set it whenever share_access is not "none". Where root is '
        'squashed, the exported folder on the file server is the place to look from.',
    ),
    cfg.StrOpt('share_ssh_host', help='Set it for share_access "ssh": the host to look from.'),
    cfg.StrOpt(
        'share_ssh_user',
        default='root',
        help='Set it for share_access "ssh" if root may not log in: who logs in there.',
    ),
    cfg.StrOpt(
        'share_ssh_key_file',
        help='Set it for share_access "ssh": the file of the private key to log in with.',
    ),
    cfg.PortOpt(
        'share_ssh_port',
        default=22,
        help='Set it for share_access "ssh" if sshd listens elsewhere.',
    ),
    cfg.BoolOpt(
        'share_sudo',
        default=False,
        help='Set it if who runs tempest, or logs in by ssh, may not list the folder: "sudo -n" '
        'is put before the commands that look (find, cat, qemu-img info).',
    ),
    cfg.StrOpt(
        'share_sudo_user',
        default='root',
        help='Set it besides share_sudo if root can not see the files either, because the server '
        'squashes root: the account to look as, such as that of cinder-volume.',
    ),
]

_FILES = [
    cfg.StrOpt(
        'file_owner',
        default='',
        help='Set it to the name or id of the account that has to own each file of a volume, '
        'usually that of cinder-volume. Empty: owners are not judged, but for root in '
        'secure_mode. Leave it empty where libvirt changes owners (dynamic_ownership).',
    ),
    cfg.StrOpt(
        'file_group',
        default='',
        help='Set it to the name or id of the group that each file has to have, usually the one '
        'that cinder-volume and the hypervisors share. Empty: groups are not judged.',
    ),
    cfg.Opt(
        'file_mode',
        type=types.String(regex=r'^(0?[0-7]{3})?$'),
        default='',
        help='Set it to the octal mode that each file has to have: 0660 in secure mode, 0666 '
        'with nas_secure_file_permissions=false. Empty: modes are not judged, but for the '
        'rights of others in secure_mode.',
    ),
    cfg.BoolOpt(
        'secure_mode',
        default=False,
        help='Set it where the backend has nas_secure_file_operations and '
        "nas_secure_file_permissions true: no file may give others a right, or be root's.",
    ),
]

_FEATURES = [
    cfg.BoolOpt(
        'online',
        default=True,
        help='Unset it for a backend that takes no snapshots of attached volumes with the help '
        'of Nova: every test that needs such a one is skipped.',
    ),
    cfg.BoolOpt(
        'clone_attached',
        default=False,
        help="Set it if the driver clones attached volumes. Cinder's own NFS driver does not.",
    ),
    cfg.BoolOpt(
        'extend_attached',
        default=False,
        help="Set it if the driver extends attached volumes. Cinder's own NFS driver does not.",
    ),
    cfg.BoolOpt(
        'manage',
        default=False,
        help='Set it if the driver manages a volume that was unmanaged by the reference '
        'source-name, the name of its file. Leave it unset where volumes are qcow2 files.',
    ),
    cfg.BoolOpt(
        'revert',
        default=False,
        help='Set it if volumes can be reverted to their newest snapshot with all data right.',
    ),
    cfg.BoolOpt(
        'upload',
        default=False,
        help='Set it if the driver makes images of volumes that have snapshots, with all data, '
        'and volumes of images.',
    ),
    cfg.BoolOpt(
        'encryption',
        default=False,
        help='Set it if the driver makes encrypted volumes (provider luks), which it takes '
        'snapshots of while they are detached only, and the cloud has a key manager.',
    ),
    cfg.BoolOpt(
        'boot_from_volume',
        default=False,
        help='Set it if servers may boot from volumes of this backend, which needs images that '
        'fit on them, and the driver snapshots a root disk.',
    ),
]

_RUNS = [
    cfg.BoolOpt(
        'hold_nova',
        default=False,
        help="Set it on nova-assist's embedded cloud only, whose compute service can be told to "
        'let a request wait: then reports that are false come while Nova is at work for certain.',
    ),
    cfg.IntOpt(
        'depth',
        default=3,
        min=1,
        help='How many snapshots of one volume are held at once. Set it higher where chains are '
        'known to become long; each level costs some seconds on a real cloud.',
    ),
    cfg.StrOpt(
        'data_path',
        choices=[
            ('ssh', 'by a script in the guest'),
            ('console', 'from what the console guest prints'),
            ('volume', 'not at all, but that volumes can be made from snapshots'),
        ],
        help='How to see the data of a volume: "ssh" logs in to the guest, which needs '
        '[validation] run_validation; "console" reads what the console guest of '
        'guest_image_ref prints; "volume" only sees that volumes can be made from snapshots, '
        'and tests that compare data are skipped in the end. Not set: "ssh" where '
        '[validation] run_validation is on, or else "console". Set it to "volume" if there is '
        'neither.',
    ),
    cfg.StrOpt(
        'guest_image_ref',
        help='The image of the servers that write to the volumes. Set it for data_path '
        '"console": the id of the console guest\'s image. Not set: [compute] image_ref.',
    ),
    cfg.StrOpt(
        'volume_type',
        help="The type of the volumes to test. Set it if the cloud's default type leads to "
        "another backend. Not set: [volume] volume_type, or else the cloud's default.",
    ),
]

OPTIONS: list[Any] = [*_SHARE, *_FILES, *_FEATURES, *_RUNS]


def list_opts() -> list[tuple[str, list[Any]]]:
    """Return the options by group, as samples of the configuration want them."""
    return [(GROUP.name, OPTIONS)]


@dataclasses.dataclass(frozen=True)
class Settings:
    """The options of our group, checked, and with what tempest's own options say by default.

    :ivar share_path: is set unless ``share_access`` is NONE.
    :ivar file_mode: None if modes are not judged.
    """

    share_access: ShareAccess
    share_path: str
    ssh_host: str
    ssh_user: str
    ssh_key_file: str
    ssh_port: int
    sudo_user: str | None
    file_owner: str
    file_group: str
    file_mode: int | None
    secure_mode: bool
    hold_nova: bool
    depth: int
    data_path: DataPath
    guest_image_ref: str
    volume_type: str | None

    @classmethod
    def of(cls, conf: Any) -> Settings:
        """Read the options.

        :raises InvalidConfiguration: one is missing that another needs
        """
        group = conf.assisted_snapshots
        _require(group, _needed(group), f'share_access is {group.share_access!r}')
        return cls(
            share_access=ShareAccess(group.share_access),
            share_path=group.share_path or '',
            ssh_host=group.share_ssh_host or '',
            ssh_user=group.share_ssh_user,
            ssh_key_file=group.share_ssh_key_file or '',
            ssh_port=group.share_ssh_port,
            sudo_user=group.share_sudo_user if group.share_sudo else None,
            file_owner=group.file_owner,
            file_group=group.file_group,
            file_mode=int(group.file_mode, 8) if group.file_mode else None,
            secure_mode=group.secure_mode,
            hold_nova=group.hold_nova,
            depth=group.depth,
            data_path=_data_path(conf),
            guest_image_ref=group.guest_image_ref or conf.compute.image_ref,
            volume_type=group.volume_type or conf.volume.volume_type or None,
        )


def _needed(group: Any) -> tuple[str, ...]:
    needed = {
        ShareAccess.NONE: (),
        ShareAccess.LOCAL: ('share_path',),
        ShareAccess.SSH: ('share_path', 'share_ssh_host', 'share_ssh_key_file'),
    }
    return needed[ShareAccess(group.share_access)]


def _require(group: Any, names: tuple[str, ...], why: str) -> None:
    missing = [name for name in names if not getattr(group, name)]
    if missing:
        raise exceptions.InvalidConfiguration(
            f'[{GROUP.name}] {why}, but {", ".join(missing)} is not set; set it in tempest.conf'
        )


def _data_path(conf: Any) -> DataPath:
    if conf.assisted_snapshots.data_path:
        chosen = DataPath(conf.assisted_snapshots.data_path)
        if chosen is DataPath.SSH and not conf.validation.run_validation:
            raise exceptions.InvalidConfiguration(
                f'[{GROUP.name}] data_path is "ssh", but [validation] run_validation is off; '
                'set it to true, or choose another data_path'
            )
        return chosen
    return DataPath.SSH if conf.validation.run_validation else DataPath.CONSOLE
