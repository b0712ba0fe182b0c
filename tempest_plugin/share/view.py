# SPDX-License-Identifier: Apache-2.0
"""What the share says about a volume.

Main class: :class:`ShareView`, to be had from :func:`view_of`. Whether that is right is left to
:mod:`tempest_plugin.judges`.
"""

from __future__ import annotations

import json
import posixpath

from tempest_plugin import errors
from tempest_plugin.config import Settings, ShareAccess
from tempest_plugin.share import chains, runners
from tempest_plugin.share.files import VolumeFile, command, parse

RECORD = '.info'


class ShareView:
    """The folder of the share, seen by a runner of commands."""

    def __init__(self, runner: runners.Runner, folder: str) -> None:
        """Take who runs commands, and the folder to look at."""
        self._runner = runner
        self._folder = folder

    def files(self, volume_id: str) -> tuple[VolumeFile, ...]:
        """Return every file whose name starts as the volume's do.

        :raises ShareUnseen: the folder can't be looked at
        """
        return parse(self._runner.run(command(self._folder, volume_id)))

    def chain(self, volume_id: str) -> chains.Chain:
        """Return the files of the volume's backing chain, and what the record says of them.

        :raises ShareUnseen: record or images can't be read
        """
        found = self.files(volume_id)
        record = self._record(found)
        chain = chains.parse(self._info(volume_id, record, found))
        return chains.Chain(chain, record, tuple(file.name for file in found))

    def size(self, volume_id: str) -> int:
        """Return the virtual size of the active file in bytes, as its header has it.

        :raises ShareUnseen: record or images can't be read
        """
        found = self.files(volume_id)
        return chains.virtual_size(self._info(volume_id, self._record(found), found))

    def _info(self, volume_id: str, record: dict[str, str], found: tuple[VolumeFile, ...]) -> str:
        active = record.get('active', f'volume-{volume_id}')
        paths = {file.name: file.path for file in found}
        if active not in paths:
            raise errors.ShareUnseen(
                f'the active file {active} of volume {volume_id} is not on the share; found: '
                f'{sorted(paths)}'
            )
        image = posixpath.join(self._folder, paths[active])
        return self._runner.run(chains.command(image))

    def _record(self, found: tuple[VolumeFile, ...]) -> dict[str, str]:
        for file in found:
            if file.name.endswith(RECORD):
                text = self._runner.run(['cat', posixpath.join(self._folder, file.path)])
                return _parsed(file, text)
        return {}


def view_of(settings: Settings) -> ShareView | None:
    """Return the way to see the share that the options name; None if there is none."""
    if settings.share_access is ShareAccess.NONE:
        return None
    runner: runners.Runner = runners.Local()
    if settings.share_access is ShareAccess.SSH:
        runner = runners.Ssh(
            settings.ssh_host, settings.ssh_user, settings.ssh_key_file, settings.ssh_port
        )
    if settings.sudo_user:
        runner = runners.Sudo(runner, settings.sudo_user)
    return ShareView(runner, settings.share_path)


def _parsed(file: VolumeFile, text: str) -> dict[str, str]:
    try:
        record = json.loads(text)
    except ValueError as error:
        raise errors.ShareUnseen(f'the record {file} is not JSON: {text!r}') from error
    if not isinstance(record, dict) or not all(isinstance(each, str) for each in record.values()):
        raise errors.ShareUnseen(f'the record {file} is no map of names: {text!r}')
    return record
