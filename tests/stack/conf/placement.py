# SPDX-License-Identifier: Apache-2.0
"""Composes Placement's configuration."""

from __future__ import annotations

from nova_assist.cloud.ini import literal, render
from tests.stack.conf.common import PLACEMENT, token_check
from tests.stack.settings import Settings


def files(settings: Settings) -> dict[str, str]:
    """Return the texts by file name."""
    sections = {
        'api': {'auth_strategy': 'keystone'},
        'placement_database': {'connection': literal(settings.database('placement'))},
        'keystone_authtoken': token_check(settings, PLACEMENT),
    }
    return {'placement.conf': render(sections)}
