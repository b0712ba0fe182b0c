# SPDX-License-Identifier: Apache-2.0
"""What ``nova-assist run --cloud`` needs: a cloud of others, and the scenarios to run in it.

Main class: :class:`RemoteHarness`.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nova_assist.cli.harness import OwnScenarios, ScenarioInfo, Session, Wanted
from nova_assist.cli.remote_target import RemoteTarget
from nova_assist.cli.target import Target
from nova_assist.reports.model import ScenarioResult

if TYPE_CHECKING:
    from nova_assist.remote.testbed import RemoteTestbed

_DISTRIBUTIONS = ('nova-assist', 'openstacksdk', 'python-cinderclient', 'python-novaclient')


class RemoteHarness(OwnScenarios):
    """A cloud of others, and those scenarios whose volumes it has a type for."""

    def __init__(self, remote: RemoteTarget) -> None:
        self._remote = remote

    def scenarios(self) -> Sequence[ScenarioInfo]:
        """Return the scenarios with volumes of the formats that were named."""
        formats = tuple(f'-{image_format}' for image_format, _ in self._remote.types)
        return [each for each in super().scenarios() if each.name.endswith(formats)]

    @contextlib.contextmanager
    def open(self, folder: Path, target: Target, keep: bool) -> Iterator[Session]:
        """Log in to the cloud, and find there what was named.

        :raises nova_assist.cloud.errors.CloudError: that can't be done
        """
        from nova_assist.cloud import host
        from nova_assist.remote.login import log_in
        from nova_assist.remote.testbed import Choice, RemoteTestbed

        remote = self._remote
        share = Path(remote.seen) if remote.seen else None
        choice = Choice(dict(remote.types), remote.image, remote.flavor, share)
        with tempfile.TemporaryDirectory(dir=host.scratch_base(folder)) as scratch:
            login = log_in(remote.file, remote.name)
            yield RemoteSession(RemoteTestbed(login, choice, Path(scratch)))


class RemoteSession:
    """A cloud of others that somebody has logged in to."""

    def __init__(self, testbed: RemoteTestbed) -> None:
        self._testbed = testbed

    def versions(self) -> Mapping[str, str]:
        """Return the versions of what asks the cloud."""
        found = {}
        for name in _DISTRIBUTIONS:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found[name] = importlib.metadata.version(name)
        return found

    def accounts(self) -> Mapping[str, str]:
        """Return nothing: who runs the cloud isn't known."""
        return {}

    def cloud(self) -> Mapping[str, str]:
        """Return which cloud it is, what of it is used, and what can be looked at."""
        return self._testbed.told()

    def environment(self) -> Mapping[str, str]:
        """Return nothing: clients have the file."""
        return {}

    def judge(self, wanted: Wanted) -> Generator[ScenarioResult, None, None]:
        """Run scenarios in turn."""
        from nova_assist import scenarios

        yield from scenarios.run(
            self._testbed, wanted.names, wanted.seed, wanted.listener, wanted.repeat
        )

    def check(self) -> None:
        """Do nothing: the cloud isn't watched."""

    def wait(self) -> None:
        """Do nothing: nobody waits for a cloud of others."""
