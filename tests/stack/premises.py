# SPDX-License-Identifier: Apache-2.0
"""Lays out the folders, files and mounts of a stack, and removes them.

Main functions: :func:`prepare`, :func:`mounts` and :func:`remove`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from nova_assist.accounts import Account
from nova_assist.cloud import private
from tests.stack import accounts
from tests.stack.commands import run
from tests.stack.conf import cinder, common, glance, keystone, libvirt, nova, placement
from tests.stack.namespace import Mount
from tests.stack.packages import ROOT
from tests.stack.settings import GROUP, Places, Settings, Share

_COMPOSERS = {
    'keystone': keystone.files,
    'placement': placement.files,
    'glance': glance.files,
    'nova': nova.files,
    'cinder': cinder.files,
}
#: What services have of their own, by who they are.
_FOLDERS = {
    'keystone': ('token-keys', 'credential-keys'),
    'glance': ('images', 'staging', 'tasks', 'lock'),
    'nova': ('instances', 'lock', 'mnt'),
    'cinder': ('lock', 'coordination', 'mnt'),
    'backup': (),
    'mariadb': (),
    'rabbitmq': (),
    'libvirt': ('lib', 'run', 'cache', 'log'),
}
_ACCOUNT_FILES = ('passwd', 'group', 'shadow')
_IMAGE_SIZE = 16 * 2**30
#: What the services run of this project.
_PACKAGES = ('driver', 'nova_assist')


def prepare(settings: Settings) -> None:
    """Make all folders and files anew.

    :raises CommandError: the share's file system can't be made.
    """
    places = settings.places
    remove(places)
    for folder in (places.base, places.state, places.etc, places.logs, places.clients):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    places.run.mkdir()
    places.run.chmod(0o1777)
    for log in places.logs.glob('*.log'):
        log.unlink()
    for service, folders in _FOLDERS.items():
        for name in ('', *folders):
            (places.of(service) / name).mkdir()
    _give(settings.cinder, places.of('cinder'), places.of('backup'))
    _give(settings.nova, places.of('nova'))
    _write_configuration(settings)
    _lay_out_etc(settings)
    for package in _PACKAGES:
        ignored = shutil.ignore_patterns('__pycache__')
        shutil.copytree(ROOT / package, places.project / package, ignore=ignored)
    if settings.share is Share.LOCAL:
        _make_share(settings)


def mounts(settings: Settings) -> list[Mount]:
    """Return what the stack sees in other places than the machine has it."""
    places = settings.places
    own = places.of('libvirt')
    found = [
        # Whole: a file's mount goes when somebody replaces the file on the machine.
        Mount(Path('/etc'), places.machine_etc),
        Mount(Path('/var/lib/libvirt'), own / 'lib'),
        Mount(Path('/var/cache/libvirt'), own / 'cache'),
        Mount(Path('/var/log/libvirt'), own / 'log'),
    ]
    if Path('/dev/kvm').exists():
        # libvirt looks at QEMU anew at every call, 4 s each, where root alone may open this.
        found.append(Mount(Path('/dev/kvm'), places.run / 'no-kvm'))
    if settings.share is Share.LOCAL:
        # In the lab this is a tmpfs already, with what mounting needs in it.
        found.append(Mount(Path('/run'), kind='tmpfs'))
        found.append(Mount(settings.exported.parent, _image(settings), 'image'))
        stand_in = Path(__file__).with_name('mount.nfs')
        found.append(Mount(Path('/sbin/mount.nfs').resolve(), stand_in))
    found.append(Mount(Path('/run/libvirt'), own / 'run'))
    return found


def share_commands(settings: Settings) -> list[list[str]]:
    """Return what makes the share's folder, once its file system is mounted."""
    if settings.share is Share.NFS:
        return []
    owner = str(settings.cinder.uid if settings.cinder else 0)
    made = ['install', '-d', '-m', '2775', '-o', owner, '-g', str(GROUP), str(settings.exported)]
    return [made]


def remove(places: Places) -> None:
    """Remove all that :func:`prepare` made, but logs."""
    if places.state.exists():
        shutil.rmtree(places.state)


def _give(account: Account | None, *homes: Path) -> None:
    """Give folders of services, and those in them, to their account."""
    for home in homes if account else ():
        for folder in (home, *home.iterdir()):
            os.chown(folder, account.uid, account.gid)


def _write_configuration(settings: Settings) -> None:
    etc = settings.places.etc
    for service, compose in _COMPOSERS.items():
        (etc / service).mkdir()
        account = {'cinder': settings.cinder, 'nova': settings.nova}.get(service)
        for name, text in compose(settings).items():
            private.write(etc / service / name, text, account)
    # Nova's API looks for it beside its configuration.
    shutil.copy(settings.places.venv / 'etc/nova/api-paste.ini', etc / 'nova')


def _lay_out_etc(settings: Settings) -> None:
    """Make the stack's own ``/etc``: the machine's, with ours in it."""
    etc = settings.places.machine_etc
    run(['cp', '--archive', '/etc', str(etc)])
    shutil.rmtree(etc / 'libvirt')
    (etc / 'libvirt').mkdir()
    for name, text in libvirt.files(settings).items():
        (etc / 'libvirt' / name).write_text(text)
    machine = {name: (etc / name).read_text() for name in _ACCOUNT_FILES}
    for name, text in accounts.files(machine, str(settings.places.of('cinder'))).items():
        (etc / name).write_text(text)
    (etc / 'sudoers').write_text(common.sudoers(settings))
    (settings.places.run / 'no-kvm').touch(0)


def _image(settings: Settings) -> Path:
    return settings.places.state / 'share.img'


def _make_share(settings: Settings) -> None:
    image = _image(settings)
    with image.open('wb') as file:
        file.truncate(_IMAGE_SIZE)
    run(['mkfs.ext4', '-q', '-F', '-m', '0', '-E', 'nodiscard,lazy_itable_init=1', str(image)])
