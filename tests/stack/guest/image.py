# SPDX-License-Identifier: Apache-2.0
"""Builds the guest from Debian's packages; main function: :func:`build`."""

from __future__ import annotations

import dataclasses
import gzip
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.stack.commands import run
from tests.stack.errors import CommandError, UnfitMachineError
from tests.stack.guest import cpio

_KERNEL_PACKAGE = 'linux-image-cloud-amd64'
#: Debian's busybox without libraries.
_BUSYBOX = Path('/bin/busybox')
_SCRIPT = Path(__file__).parents[3] / 'tempest_plugin/data/guest.sh'
_INIT = Path(__file__).with_name('init')

#: In the order in which they can be loaded; a kernel may have some of them built in.
_MODULES = (
    'virtio_ring',
    'virtio',
    'virtio_pci_modern_dev',
    'virtio_pci_legacy_dev',
    'virtio_pci',
    'virtio_blk',
)
_FOLDERS = ('bin', 'dev', 'modules', 'proc', 'sys', 'tmp', 'used')


@dataclasses.dataclass(frozen=True)
class Guest:
    """A built guest: a kernel, and what it mounts first."""

    kernel: Path
    initrd: Path


def build(folder: Path) -> Guest:
    """Return the guest in a folder; its kernel is fetched and unpacked if it isn't there.

    :raises CommandError: the kernel can't be had.
    :raises UnfitMachineError: there is no busybox.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kernel = folder / 'vmlinuz'
    modules = folder / 'modules'
    if not kernel.exists():
        _fetch(kernel, modules)
    initrd = folder / 'initrd.gz'
    initrd.write_bytes(gzip.compress(cpio.archive(_entries(modules)), 9))
    return Guest(kernel, initrd)


def _fetch(kernel: Path, modules: Path) -> None:
    """Take kernel and modules out of Debian's package, which is not installed."""
    dependencies = run(['apt-cache', 'depends', _KERNEL_PACKAGE])
    found = re.search(r'Depends: (linux-image-\d\S*)', dependencies)
    if found is None:
        raise UnfitMachineError(
            f'{_KERNEL_PACKAGE}, whose kernel the guest is to have, depends on no kernel: '
            f'{dependencies or "apt does not know it"}'
        )
    with tempfile.TemporaryDirectory(dir=kernel.parent) as name:
        _download(found[1], Path(name))
        modules.mkdir(exist_ok=True)
        for module in _MODULES:
            for file in Path(name).glob(f'lib/modules/*/kernel/**/{module}.ko*'):
                (modules / file.name).write_bytes(file.read_bytes())
        # Last, as it says that all is there.
        next(Path(name).glob('boot/vmlinuz-*')).rename(kernel)


def _download(package: str, folder: Path) -> None:
    command = ['apt-get', '-q', 'download', package]
    # It drops its privileges, and can't write to a folder of root's.
    ended = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if ended.returncode:
        raise CommandError(command, ended.returncode, ended.stdout)
    run(['dpkg-deb', '--extract', str(next(folder.glob('*.deb'))), str(folder)])


def _entries(modules: Path) -> Iterator[cpio.Entry]:
    if not _BUSYBOX.exists():
        raise UnfitMachineError(f'there is no {_BUSYBOX}: apt-get install busybox-static')
    yield from map(cpio.folder, _FOLDERS)
    yield cpio.file('bin/busybox', _BUSYBOX.read_bytes(), 0o755)
    applets = run([str(_BUSYBOX), '--list']).split()
    yield from (cpio.link(f'bin/{applet}', 'busybox') for applet in applets if applet != 'busybox')
    for number, name in enumerate(_MODULES):
        for file in modules.glob(f'{name}.ko*'):
            yield cpio.file(f'modules/{number}-{file.name}', file.read_bytes())
    yield cpio.file('guest.sh', _SCRIPT.read_bytes())
    yield cpio.file('init', _INIT.read_bytes(), 0o755)
