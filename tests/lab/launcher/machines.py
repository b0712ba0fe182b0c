# SPDX-License-Identifier: Apache-2.0
"""
The two places where the lab can be: this machine's kernel, or a virtual machine.

Main classes: :class:`Native`, :class:`VirtualMachine`; :func:`chosen` takes one of them. Leaves
starting and ending to ``process``, and what happens inside to ``inside.sh``.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile
from typing import ClassVar, Protocol

from . import LabError
from .job import HERE

# A program that tells whether a package is installed, and Debian's name of the package.
PACKAGES = {
    'rpc.nfsd': 'nfs-kernel-server',
    'mount.nfs': 'nfs-common',
    'rpcbind': 'rpcbind',
    'modprobe': 'kmod',
    'mkfs.ext4': 'e2fsprogs',
    'ip': 'iproute2',
    'sysctl': 'procps',
}
VM_PACKAGES = {'linux.uml': 'user-mode-linux', 'gcc': 'gcc libc6-dev'}
UNITS = {'M': 2**20, 'G': 2**30}


class Machine(Protocol):
    """A place where the lab can be."""

    #: Environment that the command needs there.
    variables: ClassVar[dict[str, str]]
    #: Programs it is made of, and Debian's packages of them.
    packages: ClassVar[dict[str, str]]

    def arguments(self, folder: pathlib.Path, output: int, errors: int) -> list[str]:
        """
        The command that starts it.

        :param folder: of the job
        :param output: the descriptor for what the lab's command prints
        :param errors: the descriptor for its standard error
        :raises LabError: something is missing
        """
        ...


class Native:
    """
    This machine's kernel, in namespaces: mounts, processes and network are the lab's own.

    They end with their first process, and the NFS server with them: it serves one network
    namespace, and stops when its control file system is unmounted.
    """

    variables: ClassVar[dict[str, str]] = {}
    packages: ClassVar[dict[str, str]] = PACKAGES

    def arguments(self, folder: pathlib.Path, output: int, errors: int) -> list[str]:
        return [
            'unshare', '--mount', '--pid', '--net', '--uts', '--ipc', '--fork', '--kill-child',
            'env', 'LAB_KIND=native', f'LAB_JOB={folder}',
            f'LAB_OUTPUT={output}', f'LAB_ERRORS={errors}', f'{folder}/inside.sh',
        ]  # fmt: skip


class VirtualMachine:
    """User-mode Linux: a kernel that runs as a process, on this machine's files."""

    # It loses AVX-512 registers when a signal is delivered: have the C library and OpenSSL do
    # without them.
    variables: ClassVar[dict[str, str]] = {
        'GLIBC_TUNABLES': 'glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD',
        'OPENSSL_ia32cap': ':~0xdc230000',
    }
    packages: ClassVar[dict[str, str]] = {**PACKAGES, **VM_PACKAGES}

    def __init__(self, memory: str) -> None:
        self._memory = memory

    def arguments(self, folder: pathlib.Path, output: int, errors: int) -> list[str]:
        return [
            'env', f'LD_PRELOAD={self._library(folder)}', f'TMPDIR={self._memory_folder()}',
            'linux.uml', f'mem={self._memory}', 'rootfstype=hostfs', 'rootflags=/', 'ro',
            f'init={folder}/inside.sh', f'uml_dir={folder}', 'umid=vm', 'loglevel=6',
            # The console, and a terminal for each of the command's streams.
            'con=null', 'con0=null,fd:1', f'con1=null,fd:{output}', f'con2=null,fd:{errors}',
            'ssl=null', 'LAB_KIND=vm', f'LAB_JOB={folder}',
        ]  # fmt: skip

    def _library(self, folder: pathlib.Path) -> pathlib.Path:
        """What lets it run on new processors, built: see ``fpregs.c``."""
        library = folder / 'fpregs.so'
        command = ['gcc', '-O2', '-shared', '-fPIC', '-o', str(library), str(HERE / 'fpregs.c')]
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode != 0:
            raise LabError(f'{" ".join(command)} failed: {made.stderr.strip()}')
        return library

    def _memory_folder(self) -> str:
        """Where its memory lies, in an unlinked file: in memory if it fits there."""
        wanted = int(self._memory[:-1]) * UNITS[self._memory[-1]]
        for folder in ('/dev/shm', tempfile.gettempdir()):
            if not os.access(folder, os.W_OK):
                continue
            found = os.statvfs(folder)
            if found.f_bavail * found.f_frsize >= wanted and not found.f_flag & os.ST_NOEXEC:
                return folder
        raise LabError(
            f'neither /dev/shm nor {tempfile.gettempdir()} has {self._memory} to spare for the '
            f'memory of the virtual machine: free some, or give --mem'
        )


def chosen(kind: str | None, memory: str) -> Machine:
    """
    The machine that was asked for, or the one that can be had.

    :param kind: ``native``, ``vm``, or None for native where it is possible
    :param memory: of a virtual machine, as ``3G``
    :raises LabError: it can't be had, or programs are missing
    """
    obstacle = None if kind == 'vm' else _obstacle_to_native()
    if kind == 'native' and obstacle:
        raise LabError(f'--native is not possible: {obstacle}')
    machine = VirtualMachine(memory) if kind == 'vm' or obstacle else Native()
    _require(machine.packages)
    return machine


def _obstacle_to_native() -> str | None:
    known = pathlib.Path('/proc/filesystems').read_text().split()
    for name in ('nfsd', 'nfs', 'overlay'):
        if name not in known and not _succeeds('modprobe', '--dry-run', '--quiet', name):
            return f'the kernel has no {name}, nor a module for it'
    if not _succeeds('unshare', '--mount', '--net', '--pid', '--fork', 'true'):
        return 'namespaces are forbidden here, as in an unprivileged container'
    return None


def _succeeds(*command: str) -> bool:
    return (
        bool(shutil.which(command[0]))
        and not subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode
    )


def _require(packages: dict[str, str]) -> None:
    path = f'{os.environ.get("PATH", os.defpath)}:/usr/sbin:/sbin'
    missing = [name for program, name in packages.items() if not shutil.which(program, path=path)]
    if missing:
        raise LabError(
            f'programs are missing: apt-get install --no-install-recommends {" ".join(missing)}'
        )
