# SPDX-License-Identifier: Apache-2.0
"""Stories about faults, played in a real cloud on one of the lab's exports.

Main class: :class:`CloudCase`. Faults of the server itself are left to :mod:`tests.lab.nfs`.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import tempfile
import threading
import typing
import unittest
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from fnmatch import fnmatch

from inotify_simple import INotify, flags

from nova_assist.accounts import Account, Accounts
from nova_assist.cloud.cloud import Cloud
from nova_assist.reports.model import ScenarioResult, Step, Verdict
from nova_assist.scenarios import secure
from nova_assist.scenarios.context import GONE
from nova_assist.scenarios.embedded import EmbeddedTestbed
from nova_assist.scenarios.errors import StepFailed, TookTooLong
from nova_assist.scenarios.logs import ServiceLog
from nova_assist.scenarios.player import Player, Scenario
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.stage import Stage
from nova_assist.scenarios.story import Story
from nova_assist.scenarios.tracked import TrackedVolume
from tests.lab import nfs

#: Seconds that the server is away, and that an operation may take with that in its middle.
OUTAGE = 30.0
PATIENCE = 150.0

#: Seconds from a status to the log that tells why.
_LOGGED_SECONDS = 10.0

_ROLES = {'cinder': 'cinder', 'hypervisor': 'qemu', 'outsider': 'outsider'}
_ROOT = Account('root', 0, 0)


class _Progress:
    """Prints the steps as they end, for who wonders where the time goes."""

    def scenario_started(self, name: str, index: int, total: int) -> None:
        """Say nothing: the test's name is known."""

    def scenario_finished(self, result: ScenarioResult) -> None:
        """Say nothing: the test does."""

    def step_started(self, scenario: str, step: str) -> None:
        """Say nothing yet."""

    def step_finished(self, scenario: str, step: Step) -> None:
        """Print how a step ended."""
        print(f'{step.seconds:6.1f} s  {step.verdict.value}  {scenario}: {step.name}', flush=True)


class CloudCase(unittest.TestCase):
    """Tests over one cloud with our driver in secure mode; each plays one story.

    :cvar export: on which its volumes lie.
    """

    export = nfs.SMALL
    options: typing.ClassVar = {
        'nas_secure_file_operations': 'true',
        'nas_secure_file_permissions': 'true',
        'nfs_mount_options': 'vers=4.2',
    }

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cloud = Cloud(
            pathlib.Path(folder.name),
            driver='driver.nfs.NfsDriver',
            share=f'{nfs.SERVER}:{cls.export}',
            options=cls.options,
            accounts=Accounts.named(_ROLES),
        )
        cls.addClassCleanup(cls.cloud.stop)
        cls.cloud.start()
        cls.server_view = pathlib.Path(cls.export)

    def play(self, tell: Callable[[Stage], None], image_format: str = 'raw') -> None:
        """Play a story; it has to pass, all judges included."""
        story = Story(self.id().rpartition('.')[2], tell.__doc__ or '', tell)
        with secure.judges(self.cloud, self.cloud.shares_of(image_format)) as judges:
            player = Player(EmbeddedTestbed(self.cloud), 1, threading.Event(), judges)
            result = player.play(Scenario(story, image_format), _Progress(), str)
        found = [
            f'{step.name}: {finding.fault}' for step in result.steps for finding in step.findings
        ]
        self.assertEqual(Verdict.PASS, result.verdict, '\n'.join([result.reason, *found]))

    def server_path(self, volume: TrackedVolume, suffix: str = '') -> pathlib.Path:
        """Return where a file of a volume is to the server, who looks at it without NFS."""
        return self.server_view / f'volume-{volume.id}{suffix}'


def attached(stage: Stage) -> TrackedVolume:
    """Attach a new volume to a new server."""
    with stage.step('attach a volume to a server', judged=False):
        volume = stage.volumes.create('v1')
        stage.servers.attach(stage.servers.create('a'), volume)
    return volume


@contextlib.contextmanager
def quiet(volume: TrackedVolume) -> Iterator[None]:
    """Keep a guest from writing for a while in which it would get errors itself."""
    if volume.writer is None:
        raise ValueError(f'no guest writes to {volume.name}')
    volume.writer.pause()
    try:
        yield
    finally:
        volume.writer.resume()


def detach(stage: Stage, volume: TrackedVolume) -> None:
    """Detach a volume: its last snapshot goes faster so, as nothing is read but what differs."""
    with stage.step('detach', judged=False):
        stage.servers.detach(volume)


def await_writes(stage: Stage, volume: TrackedVolume) -> None:
    """Wait until the guest has written to most of its blocks."""
    wanted = 3 * len(volume.blocks)
    stage.context.patience.wait(
        f'{wanted} writes', lambda: volume.history.acknowledged >= wanted or None
    )


def expect_logged(stage: Stage, words: str, *subjects: str) -> None:
    """Wait until Cinder's log tells an operator what was wrong.

    :param words: a pattern that has to be in what is logged about the subjects in this step
    :param subjects: the ids of the volume and the snapshot
    :raises StepFailed: if it isn't
    """
    _await_logged(stage, stage.context.cinder_log, words, subjects)


def expect_compute_logged(stage: Stage, words: str, *subjects: str) -> None:
    """Wait until compute's log does, as :func:`expect_logged` does for Cinder's."""
    _await_logged(stage, stage.context.compute_log, words, subjects)


def _await_logged(stage: Stage, log: ServiceLog, words: str, subjects: Collection[str]) -> None:
    """Wait for it: a status may be seen before its reason is in the log."""
    try:
        stage.context.patience.wait(
            f'a line in the log with {words!r}',
            lambda: re.search(words, log.errors(*subjects)),
            _LOGGED_SECONDS,
        )
    except TookTooLong as error:
        said = log.errors(*subjects) or 'nothing was logged'
        raise StepFailed(f'the log should tell {words!r}; {said}', words, said) from error
    print('        ', log.errors(*subjects))


def fail_to_create_volume(stage: Stage, words: str) -> None:
    """See that no volume can be made and that the log says why; what is left of it is deleted."""
    context = stage.context
    with refusals('creating a volume'):
        made = context.api.cinder.volumes.create(1, volume_type=context.image_format)
    for wanted, pending in (('error', 'creating'), (GONE, 'deleting')):
        context.await_status(
            f'volume {made.id}',
            [made.id],
            lambda: context.api.volume_status(made.id),
            wanted,
            [pending],
        )
        if wanted == 'error':
            expect_logged(stage, words, made.id)
            with refusals('deleting it'):
                context.api.cinder.volumes.delete(made.id)


def fail_to_snapshot(stage: Stage, volume: TrackedVolume, words: str) -> list[str]:
    """See that no snapshot can be taken and that the log says why; return its id."""
    failed = stage.volumes.request_snapshot(volume, 'failed')
    stage.volumes.await_snapshot(failed, 'failed', 'error', 'creating')
    expect_logged(stage, words, volume.id, failed)
    return [failed]


def discard(stage: Stage, snapshots: Iterable[str]) -> None:
    """Delete snapshots whose creation failed."""
    for snapshot in snapshots:
        stage.volumes.discard(snapshot, 'failed')


def fail_to_delete_snapshot(stage: Stage, volume: TrackedVolume, name: str, words: str) -> None:
    """See that a snapshot can't be deleted and that the log says why; it is kept."""
    kept = volume.snapshot(name)
    stage.volumes.request_delete(kept.id, name)
    stage.volumes.await_snapshot(kept.id, name, 'error_deleting', 'deleting')
    expect_logged(stage, words, kept.id)
    stage.volumes.reset_snapshot(kept.id, name, 'available')


@contextlib.contextmanager
def folder(path: pathlib.Path, mode: int = 0o2775, uid: int = -1, gid: int = -1) -> Iterator[None]:
    """Change owner, group and mode of a folder for a while."""
    before = path.stat()
    try:
        os.chown(path, uid, gid)
        path.chmod(mode)
        yield
    finally:
        os.chown(path, before.st_uid, before.st_gid)
        path.chmod(before.st_mode & 0o7777)


@contextlib.contextmanager
def as_root(fault: AbstractContextManager[object]) -> Iterator[None]:
    """Begin and end a fault as root, whoever this thread reaches files as meanwhile."""
    with contextlib.ExitStack() as stack:
        with _ROOT.files():
            stack.enter_context(fault)
        try:
            yield
        finally:
            with _ROOT.files():
                stack.close()


@contextlib.contextmanager
def outage_when(file: pathlib.Path, event: flags) -> Iterator[None]:
    """Stop the server when a file is next changed, for 30 seconds, in which the block waits.

    :param file: as the server sees it, so that looking at it never waits; ``*`` stands for any
        characters
    :raises StepFailed: if the file isn't changed, or the block doesn't wait for the server
    """
    ended = threading.Event()
    with INotify() as changes, ThreadPoolExecutor(max_workers=1) as pool:
        changes.add_watch(file.parent, event)
        outage = pool.submit(_stop_server, file, changes, ended)
        try:
            yield
        finally:
            ended.set()
        outage.result()


def _stop_server(file: pathlib.Path, changes: INotify, ended: threading.Event) -> None:
    while not any(fnmatch(change.name, file.name) for change in changes.read(timeout=200)):
        if ended.is_set():
            raise StepFailed(f'{file.name} was not changed', 'a change', 'none')
    with _ROOT.files(), nfs.server_stopped():
        if ended.wait(OUTAGE):
            raise StepFailed('the step did not wait for the server', 'to wait', 'it ended')


@contextlib.contextmanager
def filled(folder: pathlib.Path, left: int = 0) -> Iterator[None]:
    """Fill a file system from the server's side.

    :param left: bytes to leave free
    """
    filler = folder / 'filler'
    try:
        with filler.open('wb') as file:
            while (room := _room(folder) - left) > 0:
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), room)
                except OSError:
                    break
        yield
    finally:
        filler.unlink()


def _room(folder: pathlib.Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
