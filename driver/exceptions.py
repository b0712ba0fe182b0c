# SPDX-License-Identifier: Apache-2.0
"""Everything that can go wrong in the driver, as one tree.

::

    DriverError                  root; Cinder treats it as a failed driver call
     +-- ConfigurationError      an option of cinder.conf can't be used
     +-- ShareError              a share can't be mounted, written, or has no room
     +-- ImageError              an image's header is damaged or hostile
     +-- RecordError             a volume's record or journal can't be read or believed
     +-- ChainError              record, backing chain and files disagree
     +-- FileInUse               somebody has the file open
     +-- StateError              the volume's state doesn't allow the operation
     +-- InvalidReference        what an operator names can't be managed
     +-- Unsupported             the driver doesn't do this
     +-- KeyUnavailable          the key manager doesn't give a volume's key
     +-- CommandError            qemu-img failed; keeps arguments, exit code and output
     +-- AssistError             Nova refused, failed, kept silent, or claimed what isn't so

A message says what was tried, on which volume or file, what was found, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cinder import exception


class DriverError(exception.VolumeDriverException):  # type: ignore[misc]
    """Root of the tree; ``str()`` is the message for the log and the operator."""

    def __init__(self, message: str) -> None:
        # Cinder's own class would interpolate the message, and a file name may hold a percent.
        super().__init__(message=message)
        self.msg = message

    def __str__(self) -> str:
        return self.msg


class ConfigurationError(DriverError):
    """An option of cinder.conf can't be used."""


class ShareError(DriverError):
    """A share can't be mounted, can't be written, or has no room."""


class ImageError(DriverError):
    """An image's header is damaged, or made to reach outside its volume."""


class RecordError(DriverError):
    """A volume's ``.info`` record, or its journal, can't be read or believed.

    :ivar fault: what is wrong with it; the message goes on with what to do
    """

    def __init__(self, fault: str, remedy: str) -> None:
        self.fault = fault
        super().__init__(f'{fault} {remedy}')


class ChainError(DriverError):
    """Record, backing chain and files of a volume disagree."""


class FileInUse(DriverError):
    """Somebody has the file open, as QEMU's image locks show."""


class StateError(DriverError):
    """The state of the volume or snapshot doesn't allow the operation."""


class InvalidReference(DriverError):
    """What an operator has named isn't there, or can't become a volume or snapshot of Cinder."""


class Unsupported(DriverError):
    """The driver doesn't do this."""


class KeyUnavailable(DriverError):
    """The key manager refuses the key of an encrypted volume, has none, or doesn't answer."""


class CommandError(DriverError):
    """A command failed.

    :ivar arguments: the command line
    :ivar exit_code: its exit code
    :ivar output: what it printed
    """

    def __init__(
        self, arguments: Sequence[str], exit_code: int, output: str, remedy: str = ''
    ) -> None:
        self.arguments = tuple(arguments)
        self.exit_code = exit_code
        self.output = output
        super().__init__(
            f'{" ".join(self.arguments)!r} failed with exit code {exit_code}: {output.strip()} '
            f'{remedy or "Mend what it complains of."} Nothing was removed; then repeat.'
        )


class AssistError(DriverError):
    """An operation on an attached volume that goes through Nova did not come true."""


def at_work(volume: str, journal: str) -> StateError:
    """Return the error of who comes upon another process at work on a volume."""
    return StateError(
        f'Another process is at work on {volume} and holds {journal}, so that two cinder-volume '
        f'services seem to have no lock in common, or one has lost its own: compare their '
        f'[coordination] backend_url, and see that each can reach it. Nothing was changed.'
    )


def overtaken(volume: str) -> StateError:
    """Return the error of who has lost a volume's lock, and finds that another has been at work.

    What it has read of the volume counts no more.
    """
    return StateError(
        f'Another process has been at work on {volume} meanwhile, so that this cinder-volume has '
        f'lost its lock: see that it can reach its [coordination] backend_url, and is not stopped '
        f'for longer than a lock outlives that. Nothing was changed; then repeat.'
    )
