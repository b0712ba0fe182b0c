# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a request to Nova, as one tree.

::

    AssistedSnapshotError     root
     +-- Refused              Nova answered no; nothing has been started
     +-- Unreachable          Nova could not be asked
     |    +-- BrokenOff       the connection ended meanwhile: Nova may have been asked
     +-- Unanswered           no answer, or a server error: Nova may have started the work
"""


class AssistedSnapshotError(Exception):
    """Root of the tree."""


class Refused(AssistedSnapshotError):
    """Nova answered the request with a refusal.

    :ivar code: the HTTP status code, 400 to 499
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Unreachable(AssistedSnapshotError):
    """No connection to Nova."""


class BrokenOff(Unreachable):
    """The connection to Nova ended before an answer came: nobody knows whether it was asked."""


class Unanswered(AssistedSnapshotError):
    """Nova gave no answer in time or a server error: nobody knows whether it has begun."""
