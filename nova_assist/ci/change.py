# SPDX-License-Identifier: Apache-2.0
"""The change under review that a CI tests; main class: :class:`Change`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

#: What third-party CI is asked to test, and how devstack's settings call its code.
PROJECTS = {'openstack/cinder': 'CINDER', 'openstack/os-brick': 'OS_BRICK'}

_REVIEW = 'https://review.opendev.org'

#: Names of environment variables: of Zuul before version 3, which exported them, and of Jenkins'
#: Gerrit Trigger. Today's Zuul has none; its jobs pass zuul.change by options.
_ENVIRONMENTS = (
    ('ZUUL_PROJECT', 'ZUUL_CHANGE', 'ZUUL_PATCHSET'),
    ('GERRIT_PROJECT', 'GERRIT_CHANGE_NUMBER', 'GERRIT_PATCHSET_NUMBER'),
)


@dataclasses.dataclass(frozen=True)
class Change:
    """A change of a project in Gerrit.

    :ivar number: of the change, such as 657856.
    :ivar patchset: the number of its patch set.
    """

    project: str
    number: int
    patchset: int

    @property
    def ref(self) -> str:
        """Where git finds it."""
        return f'refs/changes/{self.number % 100:02}/{self.number}/{self.patchset}'

    @property
    def url(self) -> str:
        """Where a reviewer finds it."""
        return f'{_REVIEW}/c/{self.project}/+/{self.number}/{self.patchset}'

    def options(self) -> str:
        """Return the options of this project's commands that name it."""
        return f'--project {self.project} --change {self.number} --patchset {self.patchset}'

    def settings(self) -> str:
        """Return the lines of ``local.conf`` that make devstack test it.

        They are what Cinder's checklist asks for: "specify correct patch for each CI run".
        """
        name = PROJECTS[self.project]
        lines = [f'{name}_REPO={_REVIEW}/{self.project}', f'{name}_BRANCH={self.ref}']
        if name == 'OS_BRICK':
            # devstack installs it from PyPI otherwise.
            lines.append('LIBS_FROM_GIT=os-brick')
        return '\n'.join(lines) + '\n'

    def __str__(self) -> str:
        return f'{self.project} {self.number},{self.patchset}'


def from_environment(variables: Mapping[str, str]) -> Change | None:
    """Return the change that Zuul or Jenkins says is tested, if they do."""
    for names in _ENVIRONMENTS:
        project, number, patchset = (variables.get(name, '') for name in names)
        if project in PROJECTS and number.isdecimal() and patchset.isdecimal():
            return Change(project, int(number), int(patchset))
    return None
