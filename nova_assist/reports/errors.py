# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a report.

::

    ReportError
     ├── FolderError      the report folder can't be made or written
     └── UnreadableError  a report.json can't be read back
"""

from __future__ import annotations


class ReportError(Exception):
    """Any failure to write a report or to read one back."""


class FolderError(ReportError):
    """The report folder can't be made or written."""


class UnreadableError(ReportError):
    """A ``report.json`` is missing, damaged, or not a report."""
