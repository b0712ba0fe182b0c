# SPDX-License-Identifier: Apache-2.0
"""The judge of encrypted volumes: is anything of what a guest wrote on the share in the clear?

Main class: :class:`SealJudge`. Nova opens a volume's file as LUKS from its first byte, and formats
one that doesn't begin so. Whether a guest finds its data is left to
:mod:`nova_assist.checks.data`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nova_assist.checks import luks, record
from nova_assist.checks.look import Look
from nova_assist.checks.pattern import BLOCK_SIZE, Foreign
from nova_assist.checks.reader import ImageSource, Reader
from nova_assist.checks.scene import Scene
from nova_assist.reports.model import Finding

NAME = 'sealed'


class SealJudge:
    """Reads every file of each encrypted volume as it is, without a key.

    :param reader: which knows what is written in the run
    """

    name = NAME

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def judge(self, scene: Scene, looks: Mapping[str, Look]) -> Iterator[Finding]:
        """Yield one finding for a file that is no LUKS file, and for each that shows a write."""
        for volume in scene.volumes:
            if volume.encrypted:
                yield from self._volume(looks[volume.id])

    def _volume(self, seen: Look) -> Iterator[Finding]:
        volume = seen.volume
        copies = [record.copy(volume.file, snapshot.id) for snapshot in volume.snapshots]
        there = [name for name in copies if (seen.share / name).exists()]
        for name in (volume.file, *there):
            if luks.header_size(seen.share / name) is None:
                yield Finding(
                    NAME,
                    f'{name} of {volume}, which is to be encrypted, does not begin with a LUKS '
                    f'header: Nova would format it',
                    'a LUKS header',
                    'something else',
                    (name,),
                )
        for path in sorted(seen.share.glob(f'{volume.file}*')):
            # Data in an overlay is a file's block as well: clusters begin where blocks do.
            found = self._reader.read(ImageSource(str(path), 'raw')).blocks
            shown = [block for block in sorted(found) if not isinstance(found[block], Foreign)]
            if shown:
                yield Finding(
                    NAME,
                    f'{path.name} of {volume}, which is encrypted, shows what its guest wrote: '
                    f'{len(shown)} blocks in the clear, the first at offset '
                    f'{shown[0] * BLOCK_SIZE}',
                    'nothing that can be read without the key',
                    f'{len(shown)} blocks in the clear',
                    (path.name,),
                )
