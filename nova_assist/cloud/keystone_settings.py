# SPDX-License-Identifier: Apache-2.0
"""What the Keystone process is told; main class :class:`KeystoneSettings`, kept as a JSON file.

How the settings become a ``keystone.conf`` is left to :mod:`nova_assist.cloud.keystone_conf`.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from nova_assist.cloud import private
from nova_assist.cloud.identity import Entry, Identity


@dataclasses.dataclass(frozen=True)
class KeystoneSettings:
    """The settings of one Keystone.

    :param folder: where its configuration, database and keys are.
    :param identity: its port, and everybody's password.
    :param catalog: the services that it tells of.
    """

    folder: Path
    identity: Identity
    catalog: tuple[Entry, ...]

    def save(self, path: Path) -> None:
        """Write the settings to a JSON file."""
        private.write(path, json.dumps(dataclasses.asdict(self), default=str, indent=1) + '\n')

    @classmethod
    def load(cls, path: Path) -> KeystoneSettings:
        """Read what :meth:`save` wrote."""
        data = json.loads(path.read_text())
        return cls(
            folder=Path(data['folder']),
            identity=Identity(**data['identity']),
            catalog=tuple(Entry(**entry) for entry in data['catalog']),
        )
