# SPDX-License-Identifier: Apache-2.0
"""Compares record, chain, files and modes of a share's volumes: findings, no change.

Main functions: :func:`audit`, for all volumes of a share, and :func:`examine`, for one. It can be
run beside a service: what is told was found for a while, as files that belong together are not
read at one instant. Mending is left to :mod:`driver.check.repair`.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import time
from collections.abc import Callable, Container, Iterable, Mapping

from driver import advice, exceptions, listing
from driver.check import audit_access, audit_chain, audit_files, audit_record, survey
from driver.check.audit_access import Expected
from driver.check.findings import Finding, Key
from driver.check.links import Links
from driver.layout import Layout
from driver.probe import Owner
from nova_assist import client

#: Seconds for which something has to be found at each look: an operation comes to pictures that
#: look like damage, and passes them by.
SETTLE = 2.0

#: Told how many of how many volumes were looked at.
Progress = Callable[[int, int], None]


@dataclasses.dataclass(frozen=True)
class Report:
    """What was found on a share.

    :ivar expected: whose the files should be
    :ivar volumes: how many volumes there are
    :ivar files: how many files they have, those in ``kept`` left out
    :ivar others: how many files belong to no volume
    :ivar kept: names under which repairs have kept what they replaced
    """

    expected: Expected
    volumes: int
    files: int
    others: int
    kept: tuple[str, ...]
    findings: tuple[Finding, ...]


def audit(
    folder: pathlib.Path,
    mode: int | None = None,
    settle: float = SETTLE,
    progress: Progress | None = None,
) -> Report:
    """Look at all volumes of a share.

    :param folder: where the share is mounted
    :param mode: the mode that files should have, None where it is to be inferred
    :param settle: seconds for which to look again at what seems to be wrong
    :raises ShareError: the share can't be looked at
    """
    found = listing.list_folder(folder)
    names = [name for files in found.volumes.values() for name in files]
    expected = expect(folder, names, mode)
    kept = tuple(filter(listing.is_kept, names))
    findings = confirmed(folder, found.volumes, expected, settle, progress)
    return Report(
        expected=expected,
        volumes=len(found.volumes),
        files=len(names) - len(kept),
        others=found.others,
        kept=kept,
        findings=findings,
    )


def expect(folder: pathlib.Path, names: Iterable[str], mode: int | None) -> Expected:
    """Infer whose files should be, see :func:`driver.check.audit_access.infer`.

    :param names: of the volumes' files
    :raises ShareError: the folder can't be looked at
    """
    try:
        whose = Owner.of(os.stat(folder))
    except OSError as error:
        raise exceptions.ShareError(
            f'Could not look at {folder}: {error.strerror}. {advice.on_folder(folder, error)} '
            f'Then repeat.'
        ) from error
    judged = (
        name for name in names if not listing.is_kept(name) and not listing.is_temporary(name)
    )
    return audit_access.infer(listing.owners(folder, judged), whose, mode)


def examine(
    layout: Layout, names: Iterable[str], expected: Expected, claimed: Container[str] = ()
) -> list[Finding]:
    """Look at one volume, once.

    :param names: of its files
    :param claimed: those that nobody has open because the caller has claimed them
    :raises ShareError: the share can't be asked for locks
    """
    seen = survey.read(layout, names, claimed)
    links = Links(seen)
    strays = () if seen.under_way else audit_record.strays(seen, links)
    doubtful = [name for name in (*strays, *seen.temporaries) if not seen.files[name].what]
    if doubtful:
        seen = survey.with_details(seen, doubtful, claimed)
        links = Links(seen)
    found = [*audit_files.judge(seen, links, time.time())]
    if not seen.under_way:
        found += audit_chain.judge(seen, links)
        told = {name for finding in found if finding.counts for name in finding.files[:1]}
        found += audit_record.judge(seen, links, told)
    return [*audit_access.judge(seen, expected), *found]


def confirmed(
    folder: pathlib.Path,
    volumes: Mapping[str, tuple[str, ...]],
    expected: Expected,
    settle: float = SETTLE,
    progress: Progress | None = None,
) -> tuple[Finding, ...]:
    """Return what is found on some volumes; what counts only if it is found at each look.

    :param volumes: volume -> names of its files
    :param settle: seconds for which to look again
    :raises ShareError: the share can't be looked at
    """
    looking = _Looking(folder, expected)
    for number, (volume, names) in enumerate(volumes.items(), 1):
        looking.look(volume, names)
        if progress is not None:
            progress(number, len(volumes))
    if not looking.settled():
        client.poll(looking.look_again, bool, settle)
    return looking.findings()


class _Looking:
    """Several looks at the same volumes."""

    def __init__(self, folder: pathlib.Path, expected: Expected) -> None:
        self._folder = folder
        self._expected = expected
        self._found: dict[str, list[Finding]] = {}
        self._lasting: dict[str, set[Key]] = {}

    def look(self, volume: str, names: Iterable[str]) -> None:
        """Look at a volume for the first time."""
        found = examine(Layout(self._folder, volume), names, self._expected)
        self._found[volume] = found
        if keys := {finding.key for finding in found if finding.counts}:
            self._lasting[volume] = keys

    def look_again(self) -> bool:
        """Look at what counts, forget what is not found any more; tell whether nothing is left."""
        present = listing.list_folder(self._folder).volumes
        for volume, keys in list(self._lasting.items()):
            again = examine(Layout(self._folder, volume), present.get(volume, ()), self._expected)
            keys.intersection_update(finding.key for finding in again if finding.counts)
            self._found[volume] = [each for each in again if not each.counts or each.key in keys]
            if not keys:
                del self._lasting[volume]
        return self.settled()

    def settled(self) -> bool:
        """Tell whether nothing that counts was found at each look so far."""
        return not self._lasting

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found at each look, and hints of the last one."""
        return tuple(finding for findings in self._found.values() for finding in findings)
