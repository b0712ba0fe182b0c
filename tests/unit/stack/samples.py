# SPDX-License-Identifier: Apache-2.0
"""A stack that nobody brings up."""

from pathlib import Path

from tests.stack.settings import Places, Ports, Settings, Share

PLACES = Places(Path('/opt/stack'), '2026.1')


def settings(**different):
    """Return settings: a local share, no secure mode."""
    given = {
        'places': PLACES,
        'ports': Ports.following(15000),
        'password': 'secret',
        'driver': 'driver.nfs.NfsDriver',
        'options': {},
        'share': Share.LOCAL,
        'export': '127.0.0.1:/opt/stack/state/share/volumes',
        'exported': PLACES.state / 'share' / 'volumes',
        **different,
    }
    return Settings(**given)
