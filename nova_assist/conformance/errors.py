# SPDX-License-Identifier: Apache-2.0
"""Why a class can't be looked at.

::

    ConformanceError
     ├── NoCinderError  no Cinder is installed beside this package, or one that can't be read
     └── LoadError      there is no such class, or its module fails
"""

from __future__ import annotations


class ConformanceError(Exception):
    """Nothing was looked at; the message says what was tried, what was found, what to do."""


class NoCinderError(ConformanceError):
    """No Cinder is installed for this interpreter, or one that can't be imported."""


class LoadError(ConformanceError):
    """The driver's class can't be loaded."""
