# SPDX-License-Identifier: Apache-2.0
"""A ready ``local.conf`` for a vendor's driver and server; main function: :func:`fill`.

The one source is ``devstack/samples/vendor.conf``, which the tests of the devstack plugin use; a
link beside this module brings it into the package.
"""

from __future__ import annotations

import importlib.resources
import re

from nova_assist.ci.change import Change

_SAMPLE = 'vendor.conf'


def sample() -> str:
    """Return the sample as it is."""
    return importlib.resources.files(__package__).joinpath(_SAMPLE).read_text(encoding='utf-8')


def fill(driver: str, export: str, change: Change | None = None) -> str:
    """Return the sample with the vendor's three lines filled in.

    :param driver: the path of the driver's class.
    :param export: ``host:/path``, of characters that mean nothing to a shell.
    :param change: what devstack is to test besides the branch.
    """
    host, _, path = export.rpartition(':')
    filled = {'NFS_DRIVER': driver, 'NFS_EXPORT_HOST': host, 'NFS_EXPORT_DIR': path}
    text = re.sub(
        rf'(?m)^({"|".join(filled)})=.*$', lambda line: f'{line[1]}={filled[line[1]]}', sample()
    )
    return text + (f'\n# {change.url}\n{change.settings()}' if change else '')
