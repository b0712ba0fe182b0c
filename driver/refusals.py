# SPDX-License-Identifier: Apache-2.0
"""Refuses volumes of kinds that this driver does not do, before anything is made for them.

Main function: :func:`refuse_special`. The volumes are Cinder's objects.
"""

from __future__ import annotations

from typing import Any

from driver import exceptions


def refuse_special(volume: Any) -> None:
    """Refuse to make a volume that is encrypted, or the target of a migration.

    :raises Unsupported: it is
    """
    if (volume.migration_status or '').startswith('target:'):
        raise exceptions.Unsupported(
            f'Volume {volume.id} is to take in the raw data of another one, in a migration or a '
            f'retype, which this driver does not do. Create it from a snapshot instead.'
        )
    refuse_encrypted(volume)


def refuse_encrypted(volume: Any) -> None:
    """Refuse a volume that is, or is to be, encrypted.

    :raises Unsupported: it is
    """
    if volume.encryption_key_id:
        raise exceptions.Unsupported(
            f'Volume {volume.id} is to be encrypted, or is, which this driver does not do.'
        )
