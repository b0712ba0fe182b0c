# SPDX-License-Identifier: Apache-2.0
"""Asks a running cloud what tempest is to be told of it; main function: :func:`observe`."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nova_assist.accounts import Account
from nova_assist.cloud.clients import KeystoneEndpoints
from nova_assist.cloud.identity import ADMIN
from nova_assist.cloud.settings import CinderSettings
from nova_assist.cloud.tempest_conf import Share, Surroundings


def observe(
    endpoints: KeystoneEndpoints, settings: CinderSettings, share: Path, account: Account | None
) -> Surroundings:
    """Return what tempest is to be told.

    :param share: the folder with the volumes of the first backend.
    :param account: who runs Cinder, if not we ourselves.
    """
    backends = tuple(settings.shares)
    nova = endpoints.novaclient(ADMIN.project, ADMIN.name, '2.1')
    cinder = endpoints.cinderclient(ADMIN.project, ADMIN.name)
    told = _capabilities(cinder.pools.list(detailed=True), backends)
    return Surroundings(
        backends=backends,
        vendor=told.get('vendor_name'),
        protocol=_protocol(told.get('storage_protocol')),
        extends_attached=bool(told.get('online_extend_support')),
        images={image.name: image.id for image in nova.glance.list()},
        flavors=sorted(flavor.id for flavor in nova.flavors.list()),
        share=_share(share, settings.options, account),
    )


def _capabilities(pools: Sequence[Any], backends: Sequence[str]) -> Mapping[str, Any]:
    """Return what the first backend's driver says that it can."""
    return next((vars(pool) for pool in pools if pool.volume_backend_name == backends[0]), {})


def _protocol(told: Any) -> str | None:
    """Return the protocol, of which a driver may tell several names, or nothing."""
    names = told if isinstance(told, list) else [told]
    return next((str(name) for name in names if name), None)


def _share(path: Path, options: Mapping[str, str], account: Account | None) -> Share:
    """Return whose its files are to be: a folder may pass its group on."""
    folder = path.stat()
    ours = account.gid if account else os.getegid()
    return Share(
        path=path,
        owner=account.uid if account else os.geteuid(),
        group=folder.st_gid if folder.st_mode & stat.S_ISGID else ours,
        secure=options.get('nas_secure_file_permissions', 'false').lower() != 'false',
    )
