# SPDX-License-Identifier: Apache-2.0
"""What tests of the devstack plugin have in common; main class: :class:`HostCase`."""

from __future__ import annotations

import pathlib
import tempfile
import unittest

from tests.devstack import host


class HostCase(unittest.TestCase):
    """Makes hosts, and compares them."""

    def host(self, family: str = 'debian', plugin: pathlib.Path = host.PLUGIN) -> host.Host:
        """Return a new host."""
        return host.Host(self.folder(), family, plugin)

    def folder(self) -> pathlib.Path:
        """Return a new folder, which goes with the test."""
        made = tempfile.TemporaryDirectory(prefix='nova-assist-devstack-')
        self.addCleanup(made.cleanup)
        return pathlib.Path(made.name)

    def assert_same(
        self, before: dict[str, tuple[int, bytes]], after: dict[str, tuple[int, bytes]], when: str
    ) -> None:
        """Compare two trees of a host, and name each path that differs."""
        differing = {
            name: (before.get(name), after.get(name))
            for name in before.keys() | after.keys()
            if before.get(name) != after.get(name)
        }
        self.assertEqual({}, differing, when)
