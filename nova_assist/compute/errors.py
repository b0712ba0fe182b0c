# SPDX-License-Identifier: Apache-2.0
"""Everything that can go wrong in the embedded compute service.

::

    ComputeError
     +-- StartError                 the service can't start: exit code 2
     +-- StateError                 a server's file on disk can't be read
     +-- ApiError                   answered to the client with its own status code
     |    +-- BadRequest            400
     |    +-- Unauthorized          401
     |    +-- Forbidden             403
     |    +-- NotFound              404
     |    +-- NotAcceptable         406
     |    +-- Conflict              409
     |    +-- UnsupportedMediaType  415
     |    +-- Unavailable           503
     +-- GuestNotFound              the server went away while work for it was under way
     +-- DiskError                  a disk or a file of its chain isn't what the request needs
     +-- DiskIoError                QEMU answered a guest's read or write with an error
     +-- DiskLostError              a guest's connection to its disk was lost
     +-- ImageCommandError          qemu-img failed
     +-- CinderError                Cinder refused a call or couldn't be reached
     +-- KeyManagerError            there is no key for an encrypted volume
     +-- StorageDaemonError         one qemu-storage-daemon
          +-- DaemonStartError      it didn't come up
          +-- DaemonGoneError       it went away, or the monitor connection was lost
          +-- QmpCommandError       it refused a command
          +-- JobError              a block job failed, was cancelled or vanished
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence


class ComputeError(Exception):
    """The ancestor of all errors of this package."""


class StartError(ComputeError):
    """The service can't start; the message is all that a user needs to read."""


class StateError(ComputeError):
    """A server's file on disk is damaged."""


class ApiError(ComputeError):
    """An answer with an error status, in the shape that Nova gives it.

    ``fault`` is the key of the answer's body, ``code`` the HTTP status.
    """

    code = 500
    fault = 'computeFault'


class BadRequest(ApiError):
    """The request can't be carried out as it is."""

    code, fault = 400, 'badRequest'


class Unauthorized(ApiError):
    """The request carries no token."""

    code, fault = 401, 'unauthorized'


class Forbidden(ApiError):
    """The policy doesn't let this user do it."""

    code, fault = 403, 'forbidden'


class NotFound(ApiError):
    """What the request names doesn't exist."""

    code, fault = 404, 'itemNotFound'


class NotAcceptable(ApiError):
    """The microversion is out of range."""

    code = 406


class Conflict(ApiError):
    """The server's state doesn't allow it."""

    code, fault = 409, 'conflictingRequest'


class UnsupportedMediaType(ApiError):
    """The request's body is of another kind than expected."""

    code, fault = 415, 'badMediaType'


class Unavailable(ApiError):
    """The service can't answer for the moment."""

    code, fault = 503, 'serviceUnavailable'


class KeyManagerError(ComputeError):
    """There is no key for an encrypted volume."""


class GuestNotFound(ComputeError):
    """The server was deleted while work for it was under way.

    Nova calls it *instance not running* and tells Cinder nothing.
    """


class DiskError(ComputeError):
    """A disk, or a file of its backing chain, isn't what the request needs."""


class DiskIoError(ComputeError):
    """QEMU answered a guest's read or write with an error; ``number`` is of ``errno``."""

    def __init__(self, number: int) -> None:
        super().__init__(os.strerror(number))
        self.number = number


class DiskLostError(ComputeError):
    """A guest's connection to its disk was lost, or was never made."""


class ImageCommandError(ComputeError):
    """A ``qemu-img`` command failed; keeps its arguments, exit code and output."""

    def __init__(self, arguments: Sequence[str], exit_code: int, output: str) -> None:
        super().__init__(f'{" ".join(arguments)} exited with {exit_code}: {output.strip()}')
        self.arguments = tuple(arguments)
        self.exit_code = exit_code
        self.output = output


class CinderError(ComputeError):
    """Cinder refused a call or couldn't be reached.

    ``code`` is the HTTP status of its answer, or ``None`` where there was none.
    """

    def __init__(self, tried: str, cause: Exception, code: int | None) -> None:
        super().__init__(f'Cinder: {tried} failed: {cause}')
        self.tried = tried
        self.reason = str(cause)
        self.code = code


class StorageDaemonError(ComputeError):
    """The ancestor of all errors of one ``qemu-storage-daemon``."""


class DaemonStartError(StorageDaemonError):
    """A daemon didn't come up; keeps its arguments, exit code and output."""

    def __init__(self, arguments: Sequence[str], exit_code: int, output: str) -> None:
        super().__init__(f'{" ".join(arguments)} exited with {exit_code}: {output.strip()}')
        self.arguments = tuple(arguments)
        self.exit_code = exit_code
        self.output = output


class DaemonGoneError(StorageDaemonError):
    """A daemon went away, or its monitor can't be reached."""


class QmpCommandError(StorageDaemonError):
    """QEMU refused a command; keeps what was sent and what came back."""

    def __init__(self, command: str, arguments: Mapping[str, object], reply: str) -> None:
        super().__init__(f'QMP {command} {json.dumps(arguments)} was refused: {reply}')
        self.command = command
        self.arguments = dict(arguments)
        self.reply = reply


class JobError(StorageDaemonError):
    """A block job failed, was cancelled or vanished: its work counts as not done."""
