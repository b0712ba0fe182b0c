# SPDX-License-Identifier: Apache-2.0
"""The judge of what is left on the share of a volume that is gone.

Main function: :func:`faults`.
"""

from __future__ import annotations

from collections.abc import Iterable

from tempest_plugin.share.files import VolumeFile


def faults(files: Iterable[VolumeFile], volume_id: str) -> list[str]:
    """Return a sentence for each file of a volume that no longer exists."""
    return [
        f'{file} is left of volume {volume_id}, which is deleted; {file.size} bytes are lost'
        for file in files
    ]
