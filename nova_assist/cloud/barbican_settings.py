# SPDX-License-Identifier: Apache-2.0
"""What the Barbican process is told; main class :class:`BarbicanSettings`, kept as a JSON file.

How the settings become a ``barbican.conf`` is left to :mod:`nova_assist.cloud.barbican_conf`.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import secrets
from pathlib import Path

from nova_assist.cloud import private
from nova_assist.cloud.errors import SettingsError
from nova_assist.cloud.identity import Identity

_KEY_BYTES = 32


@dataclasses.dataclass(frozen=True)
class BarbicanSettings:
    """The settings of one Barbican.

    :param folder: where its configuration and database are.
    :param port: its TCP port on 127.0.0.1.
    :param identity: the Keystone that it asks about tokens.
    :param kek: what the projects' own keys are encrypted with, as Fernet has it.
    """

    folder: Path
    port: int
    identity: Identity
    kek: str = dataclasses.field(repr=False)

    @property
    def url(self) -> str:
        """The API's URL, without version, as catalogs have it."""
        return f'http://127.0.0.1:{self.port}'

    def save(self, path: Path) -> None:
        """Write the settings to a JSON file."""
        private.write(path, json.dumps(dataclasses.asdict(self), default=str, indent=1) + '\n')

    @classmethod
    def load(cls, path: Path) -> BarbicanSettings:
        """Read what :meth:`save` wrote."""
        data = json.loads(path.read_text())
        return cls(
            folder=Path(data['folder']),
            port=int(data['port']),
            identity=Identity(**data['identity']),
            kek=str(data['kek']),
        )


def kept_kek(path: Path) -> str:
    """Return the key that an earlier Barbican has encrypted with, or a new one.

    :param path: the file of its settings.
    :raises SettingsError: the file is damaged.
    """
    try:
        return BarbicanSettings.load(path).kek
    except FileNotFoundError:
        return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f'{path} is not what a Barbican was told ({error!r}); without the key in it the keys '
            f'of all encrypted volumes are lost: remove {path.parent}, and those volumes'
        ) from error
