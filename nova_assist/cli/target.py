# SPDX-License-Identifier: Apache-2.0
"""What is put to the test: the driver, its share, its options, the cloud's services.

Main class: :class:`Target`. The functions beside it check one word of the command line each, and
tell :mod:`argparse` what is wrong with it.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import shutil
import sys
from collections.abc import Mapping

from nova_assist.accounts import DEFAULTS
from nova_assist.cloud.shares import is_export

DEFAULT_DRIVER = 'driver.nfs.NfsDriver'
_CLASS_PATH = re.compile(r'[A-Za-z_]\w*(\.[A-Za-z_]\w*)+')
_OPTION = re.compile(r'([a-z][a-z0-9_]*)=(.*)', re.DOTALL)
_LAST_PORT = 65535
_DIGITS = 18
#: What makes Cinder's secure mode; a driver that refuses it is found out at start.
_SECURE = {'nas_secure_file_operations': 'true', 'nas_secure_file_permissions': 'true'}
_NAME = 'nova-assist'


@dataclasses.dataclass(frozen=True)
class Target:
    """The driver under test and how the cloud around it is set up; port 0 is any free one."""

    driver: str = DEFAULT_DRIVER
    share: str | None = None
    share_count: int = 1
    options: tuple[tuple[str, str], ...] = ()
    cinder_port: int = 0
    compute_port: int = 0
    secure: bool = False
    accounts: tuple[tuple[str, str], ...] = ()
    with_keystone: bool = False
    with_barbican: bool = False
    clustered: bool = False

    @property
    def all_options(self) -> Mapping[str, str]:
        """The options for the driver's section; those given win over those of secure mode."""
        return {**(_SECURE if self.secure else {}), **dict(self.options)}

    @property
    def twofold(self) -> bool:
        """Whether two clouds can be set up so at the same time, and are cheap."""
        shared = (self.share, self.cinder_port, self.compute_port, self.secure, self.accounts)
        large = (self.with_keystone, self.with_barbican, self.clustered)
        return not any((*shared, *large))

    def words(self) -> list[str]:
        """Return the words of a command line that ask for this target again."""
        words = ['--driver', self.driver]
        if self.share is not None:
            words += ['--share', self.share]
        if self.share_count > 1:
            words += ['--shares', str(self.share_count)]
        for key, value in self.options:
            words += ['--option', f'{key}={value}']
        if self.secure:
            words.append('--secure')
        if self.clustered:
            words.append('--cluster')
        for role, name in self.accounts:
            words += ['--account', f'{role}={name}']
        if self.with_keystone:
            words += ['--identity', 'keystone']
        if self.with_barbican:
            words += ['--key-manager', 'barbican']
        if self.cinder_port:
            words += ['--cinder-port', str(self.cinder_port)]
        if self.compute_port:
            words += ['--compute-port', str(self.compute_port)]
        return words


def program() -> str:
    """Return how this program was called, so that a line that repeats a run can be pasted."""
    called = sys.argv[0]
    if os.path.basename(called) != _NAME or shutil.which(_NAME) == os.path.abspath(called):
        return _NAME
    return os.path.relpath(called)


def class_path(word: str) -> str:
    """Return ``word`` if it can be the path of a class, as ``volume_driver`` wants it."""
    if not _CLASS_PATH.fullmatch(word):
        raise argparse.ArgumentTypeError(
            f'{word!r} is not the path of a class; write package.module.Class'
        )
    return word


def share(word: str) -> str:
    """Return ``word`` if it can name an export, or the absolute path if it is a local folder."""
    if is_export(word):
        return word
    if not os.path.isdir(word):
        raise argparse.ArgumentTypeError(
            f'{word!r} is neither an export, host:/path, nor an existing folder'
        )
    return os.path.abspath(word)


def option(word: str) -> tuple[str, str]:
    """Return key and value of ``word``, an option for the driver's section of ``cinder.conf``."""
    match = _OPTION.fullmatch(word)
    if match is None:
        raise argparse.ArgumentTypeError(
            f'{word!r} is not an option; write KEY=VALUE as in cinder.conf,'
            ' e.g. nfs_sparsed_volumes=false'
        )
    key, value = match.groups()
    if not value.isprintable():
        raise argparse.ArgumentTypeError(
            f'the value of option {key} holds a line break or another control character'
        )
    return key, value


def account(word: str) -> tuple[str, str]:
    """Return part and name of ``word``, an account of this machine for a run in secure mode."""
    role, equals, name = word.partition('=')
    if role not in DEFAULTS or not equals or not name:
        raise argparse.ArgumentTypeError(
            f'{word!r} names no account; write ROLE=NAME, where ROLE is one of '
            f'{", ".join(DEFAULTS)}, e.g. cinder=cinder'
        )
    return role, name


def port(word: str) -> int:
    """Return ``word`` as a TCP port; 0 is any free one."""
    number = _number(word)
    if number is None or number > _LAST_PORT:
        raise argparse.ArgumentTypeError(f'{word!r} is not a port from 0 to {_LAST_PORT}')
    return number


def seed(word: str) -> int:
    """Return ``word`` as a seed."""
    return _number_from(0, word)


def count(word: str) -> int:
    """Return ``word`` as a number of things, at least one."""
    return _number_from(1, word)


def _number_from(least: int, word: str) -> int:
    number = _number(word)
    if number is None or number < least:
        raise argparse.ArgumentTypeError(
            f'{word!r:.40} is not a whole number from {least} up, of at most {_DIGITS} digits'
        )
    return number


def _number(word: str) -> int | None:
    return int(word) if re.fullmatch(rf'[0-9]{{1,{_DIGITS}}}', word) else None
