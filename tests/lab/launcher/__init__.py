# SPDX-License-Identifier: Apache-2.0
"""
The lab's launcher: runs a command where the kernel's NFS server and client are.

``main`` reads the options, ``job`` writes down what is to be done, ``machines`` knows the two
places where it can be done, ``process`` starts it and ends it without a trace. Inside,
``inside.sh`` is the first process and ``server.sh`` makes accounts, exports and server. Needs
nothing but Python's standard library.

Errors::

    LabError              the lab could not be set up: what was tried, what is missing
     +-- OutOfTime        the command took longer than it was given
"""


class LabError(Exception):
    """The lab could not be set up."""


class OutOfTime(LabError):
    """The command took longer than it was given."""
