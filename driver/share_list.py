# SPDX-License-Identifier: Apache-2.0
"""Which shares a backend's section of cinder.conf names.

Main function: :func:`read`. Mounting them is left to :mod:`driver.shares`.
"""

from __future__ import annotations

import pathlib
import re
from collections.abc import Mapping
from typing import Any

from driver import exceptions

_SHARE = re.compile(r'.+:/.*')


def mount_options(conf: Any, prefix: str) -> str | None:
    """Return what all shares are mounted with, unless their list says otherwise.

    :param conf: the ``cinder.volume.configuration.Configuration`` of the backend
    :param prefix: what the names of the driver's own options begin with
    """
    own: str | None = getattr(conf, f'{prefix}_mount_options')
    shared: str | None = conf.nas_mount_options
    return own if shared is None else shared


def read(conf: Any, prefix: str) -> Mapping[str, str | None]:
    """Return the shares, each with the flags that it is mounted with, such as ``-o vers=4.2``.

    :param conf: the ``cinder.volume.configuration.Configuration`` of the backend
    :param prefix: what the names of the driver's own options begin with
    :raises ConfigurationError: there is none, or what is named can be none
    """
    if conf.nas_host and conf.nas_share_path:
        options = mount_options(conf, prefix)
        found = {f'{conf.nas_host}:{conf.nas_share_path}': f'-o {options}' if options else None}
        source = 'nas_host and nas_share_path'
    else:
        path = pathlib.Path(getattr(conf, f'{prefix}_shares_config') or '')
        source = f'{prefix}_shares_config = {path}'
        found = _read_list(path, source)
    wrong = [share for share in found if not _SHARE.fullmatch(share)]
    if wrong or not found:
        what = f'names {wrong}' if wrong else 'names no share'
        raise exceptions.ConfigurationError(f'{source} {what}; a share looks like host:/export.')
    return found


def _read_list(path: pathlib.Path, source: str) -> dict[str, str | None]:
    r"""Read lines of ``host:/export [-o options]``; ``\040`` stands for a space."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise exceptions.ConfigurationError(
            f'{source} could not be read: {error.strerror}. Write the shares '
            f'into that file, one host:/export a line, or set nas_host and nas_share_path.'
        ) from error
    found: dict[str, str | None] = {}
    for line in lines:
        words = line.split(maxsplit=1)
        if words and not words[0].startswith('#'):
            found[words[0].replace('\\040', ' ')] = words[1].strip() if words[1:] else None
    return found
