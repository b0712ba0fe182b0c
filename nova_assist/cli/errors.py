# SPDX-License-Identifier: Apache-2.0
"""What ends the command line early, and with which exit code.

::

    CliError
     ├── CloudFailedError    the cloud of a run did not start, or failed on the way
     ├── ResultLostError     what was found can't be written to stdout
     └── WorkingFolderError  the folder for the cloud's files can't be made
"""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """What the caller learns from the process."""

    PASSED = 0
    FAILED = 1
    COULD_NOT_RUN = 2
    INTERRUPTED = 130


class CliError(Exception):
    """Something that one line on stderr explains."""


class CloudFailedError(CliError):
    """The cloud of a run did not start, or failed on the way; its logs lie with the report."""


class ResultLostError(CliError):
    """What was found can't be written to stdout, such as for a disk that is full."""


class WorkingFolderError(CliError):
    """The folder for the cloud's files can't be made."""
