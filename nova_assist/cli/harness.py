# SPDX-License-Identifier: Apache-2.0
"""What the commands need of the rest of the package: a cloud, and the scenarios to run in it.

Main class: :class:`Harness`; :class:`EmbeddedHarness` is the real one. Cloud and scenarios are
imported only when they are used, so that ``--help`` and ``report`` stay quick.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nova_assist.cli.target import Target
from nova_assist.reports.model import ScenarioResult
from nova_assist.reports.progress import Listener

if TYPE_CHECKING:
    from nova_assist.cloud.cloud import Cloud

_WATCH_SECONDS = 1.0


class ScenarioInfo(Protocol):
    """What can be told of a scenario without running it."""

    @property
    def name(self) -> str:
        """What ``--scenario`` calls it."""

    @property
    def description(self) -> str:
        """What it does, in one line."""

    @property
    def slow(self) -> str:
        """Why it is run only if it is asked for; empty if it always is."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which scenarios are to be run, and how.

    :ivar listener: told what happens
    :ivar repeat: returns the command line that runs the named scenario again
    """

    names: Sequence[str]
    seed: int
    listener: Listener
    repeat: Callable[[str], str]


class Session(Protocol):
    """A cloud that is up."""

    def versions(self) -> Mapping[str, str]:
        """Return the versions of everything that takes part."""

    def accounts(self) -> Mapping[str, str]:
        """Return who plays which part, and what root is to the share; nothing if not secure."""

    def cloud(self) -> Mapping[str, str]:
        """Return what is to be told of a cloud of others; nothing of the embedded one."""

    def environment(self) -> Mapping[str, str]:
        """Return the environment variables that clients need."""

    def judge(self, wanted: Wanted) -> Generator[ScenarioResult, None, None]:
        """Run scenarios in turn."""

    def check(self) -> None:
        """See that the cloud still runs.

        :raises nova_assist.cloud.errors.ServiceError: a service of it ended by itself.
        """

    def wait(self) -> None:
        """Wait until a signal raises out of it, or the cloud fails.

        :raises nova_assist.cloud.errors.ServiceError: a service of it ended by itself.
        """


class Harness(Protocol):
    """Where clouds and scenarios come from."""

    def scenarios(self) -> Sequence[ScenarioInfo]:
        """Return every scenario, in the order in which they run."""

    def named(self, name: str) -> Sequence[ScenarioInfo]:
        """Return the scenarios that ``name`` stands for: one, a group of them, or none."""

    def open(self, folder: Path, target: Target, keep: bool) -> AbstractContextManager[Session]:
        """Return a cloud for ``target`` that keeps its files in ``folder``.

        :param keep: leave the folder even if this process is killed.
        """


class OwnScenarios:
    """The scenarios of this package."""

    def scenarios(self) -> Sequence[ScenarioInfo]:
        """Return every scenario."""
        from nova_assist import scenarios

        return scenarios.all_scenarios()

    def named(self, name: str) -> Sequence[ScenarioInfo]:
        """Return the scenario ``name``, or those of the story ``name``."""
        from nova_assist.scenarios import UnknownScenario, runner

        try:
            chosen = {scenario.name for scenario in runner.select([name])}
        except UnknownScenario:
            return []
        return [info for info in self.scenarios() if info.name in chosen]


class EmbeddedHarness(OwnScenarios):
    """The embedded cloud and the scenarios of this package."""

    @contextlib.contextmanager
    def open(self, folder: Path, target: Target, keep: bool) -> Iterator[Session]:
        """Start a cloud in ``folder``, stop it at the end.

        :raises nova_assist.accounts.AccountError: an account can't be used.
        :raises nova_assist.cloud.errors.CloudError: it did not start.
        """
        with cloud_for(folder, target, keep) as cloud:
            yield EmbeddedSession(cloud)


def cloud_for(
    folder: Path,
    target: Target,
    keep: bool,
    cinder_environment: Mapping[str, str] | None = None,
    compute_environment: Mapping[str, str] | None = None,
) -> Cloud:
    """Return a cloud for ``target``, to be entered.

    :param keep: leave the folder even if this process is killed.
    :param cinder_environment: further environment variables for Cinder.
    :param compute_environment: likewise for the compute service.
    :raises nova_assist.accounts.AccountError: an account can't be used.
    :raises nova_assist.cloud.errors.CloudError: the target can't be had.
    """
    from nova_assist.accounts import Accounts
    from nova_assist.cloud.cloud import Cloud
    from nova_assist.cloud.cluster import ClusteredCloud

    kind = ClusteredCloud if target.clustered else Cloud
    return kind(
        folder,
        driver=target.driver,
        share=target.share,
        share_count=target.share_count,
        options=target.all_options,
        cinder_port=target.cinder_port,
        compute_port=target.compute_port,
        temporary=not keep,
        accounts=Accounts.named(dict(target.accounts)) if target.secure else None,
        with_keystone=target.with_keystone,
        with_barbican=target.with_barbican,
        cinder_environment=cinder_environment,
        compute_environment=compute_environment,
    )


class EmbeddedSession:
    """A cloud of this package, with its scenarios."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def versions(self) -> Mapping[str, str]:
        """Return the versions of everything that takes part."""
        return self._cloud.versions()

    def accounts(self) -> Mapping[str, str]:
        """Return who plays which part, and what root is to the share; nothing if not secure."""
        accounts = self._cloud.accounts
        if accounts is None:
            return {}
        root = 'squashed' if self._cloud.root_squashed else 'not squashed'
        told = {role: str(account) for role, account in accounts.roles().items()}
        return {**told, 'root on the share': root}

    def cloud(self) -> Mapping[str, str]:
        """Return nothing: the report has driver and options."""
        return {}

    def environment(self) -> Mapping[str, str]:
        """Return the environment variables that clients need."""
        return self._cloud.environment()

    def judge(self, wanted: Wanted) -> Generator[ScenarioResult, None, None]:
        """Run scenarios in turn."""
        from nova_assist import scenarios
        from nova_assist.scenarios.embedded import EmbeddedTestbed

        yield from scenarios.run(
            EmbeddedTestbed(self._cloud), wanted.names, wanted.seed, wanted.listener, wanted.repeat
        )

    def check(self) -> None:
        """See that the cloud still runs."""
        self._cloud.check()

    def wait(self) -> None:
        """Wait until a signal raises out of it, or the cloud fails."""
        never = threading.Event()
        while True:
            self._cloud.check()
            never.wait(_WATCH_SECONDS)
