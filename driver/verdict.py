# SPDX-License-Identifier: Apache-2.0
"""What is to be said of a share that :mod:`driver.probe` has looked at; pure.

Main function: :func:`judge`. Only what can't work is refused.
"""

from __future__ import annotations

import dataclasses
import stat
from collections.abc import Iterator

from driver import advice
from driver.probe import Sight, Stranger

_NAMED = 3


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What is to be said of a share.

    :ivar summary: one line about what was found
    :ivar refusals: why it can't be used, each with what to change
    :ivar advice: what works but should be changed
    """

    summary: str
    refusals: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


def judge(sight: Sight, snapshots: bool) -> Verdict:
    """Say what is to be said of a share.

    :param snapshots: whether snapshots are to be taken there
    """
    return Verdict(_summary(sight), tuple(_refusals(sight, snapshots)), tuple(_advice(sight)))


def _summary(sight: Sight) -> str:
    unusable = sum(not stranger.usable for stranger in sight.strangers)
    setgid = 'setgid' if sight.folder.mode & stat.S_ISGID else 'not setgid'
    locks = 'stay on this host' if sight.mount.keeps_locks_here else 'reach the server'
    if not sight.mount.is_nfs:
        locks = 'are kept by this host, whose file system it is'
    return (
        f'{sight.path}: {sight.mount}; folder {sight.folder} ({setgid}); {_identity(sight)}; '
        f'files become {sight.made}; image locks {locks}; {len(sight.strangers)} files of other '
        f'owners, {unusable} of them unusable.'
    )


def _identity(sight: Sight) -> str:
    if sight.user.uid == 0:
        if sight.made.uid == 0:
            return 'works as root, which is not squashed'
        return f'works as root, which is squashed to {advice.user_name(sight.made.uid)}'
    if sight.made.uid == sight.user.uid:
        return f'works as {sight.user.name}, which needs no root, squashed or not'
    return f'works as {sight.user.name}, whom the server takes for another'


def _refusals(sight: Sight, snapshots: bool) -> list[str]:
    found = []
    if sight.made.mode != sight.wanted:
        found.append(
            f'A file made with mode {sight.wanted:04o} in {sight.path} came out as '
            f'{sight.made.mode:04o}: take the ACL or the mode mask of the export away.'
        )
    if sight.lock_failure:
        found.append(
            f'No file in {sight.path} can be locked, so that nobody can tell what a guest has '
            f'open: {sight.lock_failure}'
        )
    elif snapshots and sight.mount.keeps_locks_here:
        found.append(
            f'{sight.path} is mounted with nolock or local_lock, so that nobody can tell what a '
            f'guest on another host has open, and a snapshot could damage it. Mount without these '
            f'options, on the compute hosts too, or do without snapshots: nfs_snapshot_support '
            f'(named as the driver is) = false.'
        )
    return found


def _advice(sight: Sight) -> list[str]:
    found = [*_about_identity(sight), *_about_folder(sight)]
    if sight.mount.options & {'soft', 'softerr'}:
        found.append(
            'Mount "hard": on a soft mount a server that is away for seconds costs guests data.'
        )
    return found + _about_strangers([each for each in sight.strangers if not each.usable], sight)


def _about_identity(sight: Sight) -> Iterator[str]:
    if sight.user.uid == 0 and sight.made.uid != 0:
        yield (
            'Run cinder-volume as an ordinary user: its root is squashed, and so as good as '
            'anybody on any client.'
        )
    elif sight.made.uid != sight.user.uid:
        yield (
            f'Files made by {sight.user.name} belong to {advice.user_name(sight.made.uid)}: '
            f'export without all_squash, and give the NFSv4 id mapping one domain.'
        )
    if _is_closed(sight) and sight.made.gid != sight.folder.gid:
        yield (
            f'New files get the group {advice.group_name(sight.made.gid)} and not that of the '
            f'folder, {advice.group_name(sight.folder.gid)}, which hypervisors are to be in: on '
            f'the server, chmod g+s the folder.'
        )


def _about_folder(sight: Sight) -> Iterator[str]:
    mode = sight.folder.mode
    if _is_closed(sight) and mode & stat.S_IWOTH:
        yield f'Everybody may make files in {sight.path}: on the server, chmod o-w the folder.'
    if sight.mount.is_nfs and not mode & stat.S_IXOTH:
        yield (
            f'libvirtd, whose root is squashed, can not see a file in {sight.path}, and '
            f'gives up on online snapshots: on the server, chmod o+x the folder.'
        )
    if sight.link_failure:
        yield (
            f'No file in {sight.path} can have a second name ({sight.link_failure}), which '
            f'reverting a volume, restoring a backup and making a volume of an image take: they '
            f'are refused. Have the server allow hard links.'
        )
    if mode & stat.S_ISVTX:
        yield (
            f'The folder {sight.path} is sticky, so that files of another owner can not be '
            f'replaced: on the server, chmod -t it.'
        )


def _is_closed(sight: Sight) -> bool:
    """Tell whether files are to be closed to all but their owner and group."""
    return not sight.wanted & stat.S_IROTH


def _about_strangers(unusable: list[Stranger], sight: Sight) -> list[str]:
    if not unusable:
        return []
    named = ', '.join(f'{each.name} ({each.owner})' for each in unusable[:_NAMED])
    more = f' and {len(unusable) - _NAMED} more' if len(unusable) > _NAMED else ''
    group = advice.group_name(sight.folder.gid)
    return [
        f'{sight.user.name} can not use {named}{more}: libvirt has changed their owner, or a '
        f'driver that works as root has made them. {advice.KEEP_OWNER}; on the server, chown '
        f'{sight.user.name}:{group} and chmod 660 these files. Until then operations on their '
        f'volumes are refused.'
    ]
