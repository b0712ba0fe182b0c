# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with the helpers of third-party CI.

::

    CiError
     ├── SkipsError   a list of skips can't be read, or lacks a reason or a plan
     ├── LogsError    the folder of logs, or a file in it, can't be read or is damaged
     └── OutputError  the page can't be written
"""

from __future__ import annotations


class CiError(Exception):
    """The message says what was tried, on what, what was found, and what to do."""


class SkipsError(CiError):
    """A list of skips can't be read, or an entry lacks what Cinder's rules ask for."""


class LogsError(CiError):
    """The folder of logs, or a file in it, can't be read or is damaged."""


class OutputError(CiError):
    """The page can't be written."""
