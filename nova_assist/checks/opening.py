# SPDX-License-Identifier: Apache-2.0
"""Who can really open the volumes' files: tried by processes of the accounts themselves.

Main class: :class:`OpeningJudge`. What owner, group and mode promise is left to
:mod:`nova_assist.checks.access`; a server may see it another way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from nova_assist.accounts import Account
from nova_assist.checks import access, record
from nova_assist.checks.companion import Companion
from nova_assist.checks.errors import CheckError
from nova_assist.checks.look import Look
from nova_assist.checks.scene import Scene
from nova_assist.reports.model import Finding

_MODULE = 'nova_assist.checks.open_process'
_OTHERS = 0o007
_NEEDED = ('read', 'write')


class OpeningJudge:
    """Lets accounts try to open every file of every volume; to be closed in the end."""

    name = access.NAME

    def __init__(
        self,
        hypervisor: Account,
        outsiders: Mapping[str, Account],
        environment: Mapping[str, str],
    ) -> None:
        """Start a process for each account.

        :param outsiders: who may open nothing that is closed to others, by what to call them
        :raises errors.CompanionError: one can't be started
        """
        with contextlib.ExitStack() as stack:
            self._hypervisor = stack.enter_context(Companion(_MODULE, (), hypervisor, environment))
            self._outsiders = {
                called: stack.enter_context(Companion(_MODULE, (), account, environment))
                for called, account in outsiders.items()
            }
            self._stack = stack.pop_all()

    def __enter__(self) -> OpeningJudge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        self._stack.close()

    def judge(self, scene: Scene, looks: Mapping[str, Look]) -> Iterator[Finding]:
        """Yield one finding for each file and account that can or can't open it, but should.

        :raises errors.CheckError: an account's process doesn't answer
        """
        yield from self._shut_out(_images(scene, looks), scene)
        if scene.ownership and not scene.ownership.mode & _OTHERS:
            yield from self._let_in(access.present(scene), scene)

    def _shut_out(self, names: list[str], scene: Scene) -> Iterator[Finding]:
        """Find what the hypervisor can't open."""
        account = self._hypervisor.account
        for name, ways in _tried(self._hypervisor, scene, names):
            if set(_NEEDED) - set(ways) and (scene.share / name).exists():
                can = ' and '.join(ways) or 'neither read nor write'
                yield Finding(
                    access.NAME,
                    f'the hypervisor, account {account}, can {can} {name}, but has to do both',
                    'read and write',
                    can,
                    (name,),
                )

    def _let_in(self, names: list[str], scene: Scene) -> Iterator[Finding]:
        """Find what those can open who must not."""
        for called, companion in self._outsiders.items():
            for name, ways in _tried(companion, scene, names):
                if ways:
                    can = ' and '.join(ways)
                    yield Finding(
                        access.NAME,
                        f'{called}, account {companion.account}, can {can} {name}',
                        'Permission denied',
                        can,
                        (name,),
                    )


def _tried(
    companion: Companion, scene: Scene, names: list[str]
) -> Iterator[tuple[str, list[str]]]:
    """Yield each file with the ways in which it could be opened."""
    answer = companion.ask([str(scene.share / name) for name in names])
    for name in names:
        yield name, answer[str(scene.share / name)]


def _images(scene: Scene, looks: Mapping[str, Look]) -> list[str]:
    """List the files that a guest may need: of each chain that can be followed."""
    names: set[str] = set()
    for volume in scene.volumes:
        with contextlib.suppress(CheckError):  # which is for the chain judge to say
            names.update(image.name for image in looks[volume.id].chain)
    return sorted(name for name in names if not name.endswith(record.SUFFIX))
