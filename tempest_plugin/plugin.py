# SPDX-License-Identifier: Apache-2.0
"""What tempest loads: where the tests lie, the options, and the clients of our own.

Main class: :class:`AssistedSnapshotsPlugin`, the entry point ``assisted_snapshots``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tempest import config
from tempest.test_discover import plugins

from tempest_plugin import config as options

_FOLDER = Path(__file__).resolve().parent


class AssistedSnapshotsPlugin(plugins.TempestPlugin):
    """Tests of assisted volume snapshots."""

    def load_tests(self) -> tuple[str, str]:
        """Return the folder of the tests, and the folder that their modules' names start from."""
        return str(_FOLDER), str(_FOLDER.parent)

    def register_opts(self, conf: Any) -> None:
        """Add our group to tempest's options."""
        config.register_opt_group(conf, options.GROUP, options.OPTIONS)

    def get_opt_lists(self) -> list[tuple[str, list[Any]]]:
        """Return what a sample configuration has to show."""
        return options.list_opts()

    def get_service_clients(self) -> list[dict[str, Any]]:
        """Return the clients that tempest has no equal of, by service."""
        return [
            {
                'name': 'assisted_compute',
                'service_version': 'assisted_compute.v2',
                'module_path': 'tempest_plugin.services.compute',
                'client_names': ['AssistedSnapshotsClient', 'FaultsClient'],
                **config.service_client_config('compute'),
            },
            {
                'name': 'assisted_volume',
                'service_version': 'assisted_volume.v3',
                'module_path': 'tempest_plugin.services.volume',
                'client_names': ['RevertClient'],
                **config.service_client_config('volume'),
            },
        ]
