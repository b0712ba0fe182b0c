# SPDX-License-Identifier: Apache-2.0
"""The errors of the embedded cloud; main class: :class:`CloudError`.

::

    CloudError
     +-- SettingsError       what the caller asked for can't be expressed
     +-- MissingToolError    a program that the cloud needs is not installed
     +-- MissingExtraError   likewise a Python package
     +-- PortInUseError      another program listens on the wanted port
     +-- FolderError         the folder can't be made, or another cloud runs in it
     +-- ShareError          a share can't be mounted, written or unmounted
     +-- ServiceError        a service didn't start, or ended by itself
     +-- CleanUpError        something was left behind
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class CloudError(Exception):
    """The cloud can't do what was asked; the message says what was tried, found, and to do."""


class SettingsError(CloudError):
    """What the caller asked for can't be expressed, such as an option with a line break."""


class MissingToolError(CloudError):
    """A program that the cloud needs is not in the PATH.

    :param tool: the program's name.
    :param package: the Debian package that has it.
    """

    def __init__(self, tool: str, package: str) -> None:
        super().__init__(
            f'{tool} is not installed or not in PATH; '
            f'install it (Debian, Ubuntu: apt install {package})'
        )
        self.tool = tool
        self.package = package


class MissingExtraError(CloudError):
    """A Python package that a part of the cloud needs is not installed.

    :param package: what it is imported by.
    :param extra: the extra of ours that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f'the Python package {package} is not installed; '
            f"install this project with its extra {extra!r}: pip install '.[{extra}]'"
        )
        self.package = package
        self.extra = extra


class PortInUseError(CloudError):
    """Something else listens on the port that a service was to use.

    :param service: the service that was to listen.
    :param port: the TCP port on 127.0.0.1.
    """

    def __init__(self, service: str, port: int, reason: OSError) -> None:
        super().__init__(
            f'{service} cannot listen on 127.0.0.1:{port}: {reason.strerror}; '
            'choose another port, or 0 for any free one'
        )
        self.service = service
        self.port = port


class FolderError(CloudError):
    """The cloud's folder can't be made, or another cloud runs in it."""


class ShareError(CloudError):
    """A share can't be mounted, written or unmounted."""


class ServiceError(CloudError):
    """A service of the cloud didn't start, or ended by itself.

    :param service: ``cinder``, ``compute`` or ``keystone``.
    :param reason: what happened, on one line.
    :param log: the service's log.
    :param tail: the last lines of the log, where they help.
    """

    def __init__(self, service: str, reason: str, log: Path, tail: Sequence[str] = ()) -> None:
        lines = [f'{service}: {reason} (log: {log})', *(f'  {line}' for line in tail)]
        super().__init__('\n'.join(lines))
        self.service = service
        self.reason = reason
        self.log = log


class CleanUpError(CloudError):
    """A process or mount of the cloud was left behind."""
