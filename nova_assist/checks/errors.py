# SPDX-License-Identifier: Apache-2.0
"""What keeps a judge from looking, as one tree of errors.

Main class: :class:`CheckError`::

    CheckError
     +-- CommandFailed   a qemu-img run failed or didn't end
     +-- ChainUnreadable the headers of a volume's files can't be followed
     +-- RecordDamaged   a ``.info`` file that is no record
     +-- CompanionError  a process that looks under another account ended or is silent

Faults that a judge *did* see are values, :class:`nova_assist.reports.model.Finding`.
"""

from __future__ import annotations

from collections.abc import Sequence


class CheckError(Exception):
    """A judge could not look."""


class CommandFailed(CheckError):
    """A command failed; its arguments, exit code and output are kept.

    ``exit_code`` is ``None`` for a command that was killed at its deadline.
    """

    def __init__(self, args: Sequence[str], exit_code: int | None, output: str) -> None:
        self.command = tuple(args)
        self.exit_code = exit_code
        self.output = output.strip()
        ended = 'did not end in time' if exit_code is None else f'ended with exit code {exit_code}'
        super().__init__(f'"{" ".join(args)}" {ended}: {self.output}')


class ChainUnreadable(CheckError):
    """The backing chain of a volume can't be read; the cause is chained."""


class RecordDamaged(CheckError):
    """A volume's ``.info`` file is not the JSON record it should be."""


class CompanionError(CheckError):
    """A process that looks at the share under another account ended, or doesn't answer."""
