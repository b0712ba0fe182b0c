# SPDX-License-Identifier: Apache-2.0
"""A host in a folder, on which the phases of the devstack plugin are run.

Main class: :class:`Host`. What stands in for devstack and for the host's commands is in
``stand_ins.sh``; the order in which devstack reads files in ``session.sh``.
"""

from __future__ import annotations

import configparser
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping

HERE = pathlib.Path(__file__).parent
PLUGIN = HERE.parents[1] / 'devstack'
SAMPLES = PLUGIN / 'samples'
EARLY = PLUGIN / 'override-defaults'
SETTINGS = PLUGIN / 'settings'

PHASES = ('pre-install', 'install', 'post-config', 'extra', 'test-config')

#: All that the plugin may call besides what stands in.
_COMMANDS = (
    *('awk', 'bash', 'cat', 'chmod', 'dirname', 'grep', 'md5sum', 'mkdir', 'mv', 'paste', 'rm'),
    *('rmdir', 'sed', 'stat', 'tac', 'tee', 'test', 'tr'),
)

_PLACES = ('volume_backend_name', 'nfs_shares_config', 'nfs_mount_point_base')
_OWNERS = 'run/owners'
_UNDO = 'var/lib/nova-assist-devstack.undo'

#: What is there before: an export, a mount, a service, and lines of libvirt's that aren't ours.
_FILES = {
    'etc/exports': '/srv/other 203.0.113.0/24(ro)\n',
    'etc/exports.d/other.exports': '/srv/home localhost(rw)\n',
    'etc/libvirt/qemu.conf': (
        '# Master configuration file\nuser = "tss"\n#group = "root"\n'
        'cgroup_device_acl = [\n    "/dev/null"\n]\n  dynamic_ownership=1\nmax_files = 1024'
    ),
    'etc/apparmor.d/abstractions/libvirt-qemu': '# The abstraction\n',
    'etc/group': (
        'root:x:0:\nstack:x:1000:\nkvm:x:104:libvirt-qemu\nlibvirt-qemu:x:64055:\n'
        'qemu:x:107:\nlibvirt:x:105:stack,someone\nsomeone:x:1001:\n'
    ),
    'etc/passwd': 'stack\nlibvirt-qemu\nqemu\nsomeone\n',
    'run/services': 'libvirtd\nnfs-server\n',
    'run/exports': 'localhost:/srv/home rw\n203.0.113.7:/srv/by-hand rw\n',
    'run/mounts': '203.0.113.9:/vol/home /home\n',
    _OWNERS: '',
    'var/lib/other': 'of others\n',
}


class PluginError(Exception):
    """A phase of the plugin failed; the message holds what was run, and what it said."""


class Killed(PluginError):
    """The session was killed, as it was to be."""


@dataclasses.dataclass
class Host:
    """One host.

    :ivar folder: the host's files are below ``root`` in it.
    :ivar family: ``debian`` or ``rhel``.
    :ivar plugin: the folder of the plugin under test.
    :ivar death: sessions are killed before their call of sudo of this number; 0 for never.
    """

    folder: pathlib.Path
    family: str = 'debian'
    plugin: pathlib.Path = PLUGIN
    death: int = 0

    def __post_init__(self) -> None:
        for name, text in _FILES.items():
            self.write(name, text)
        for name in ('opt', 'srv'):
            (self.root / name).mkdir()
        self.commands.mkdir()
        for name in _COMMANDS:
            found = shutil.which(name)
            if found is None:
                raise PluginError(f'there is no command {name}; install it')
            (self.commands / name).symlink_to(found)

    @property
    def root(self) -> pathlib.Path:
        """The host's files."""
        return self.folder / 'root'

    @property
    def commands(self) -> pathlib.Path:
        """The folder with all commands that the plugin can find."""
        return self.folder / 'commands'

    @property
    def log(self) -> str:
        """What was installed, and what was done as root."""
        return (self.folder / 'log').read_text()

    def write(self, name: str, text: str) -> None:
        """Write a file of the host."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name: str) -> str:
        """Return the text of a file of the host."""
        return (self.root / name).read_text()

    def stack(self, localrc: str, phases: tuple[str, ...] = PHASES) -> None:
        """Run stack.sh: these phases of the plugin, and what devstack does between them."""
        self._session(localrc, 'stack', *phases)

    def unstack(self, localrc: str) -> None:
        """Run unstack.sh."""
        self._session(localrc, 'unstack')

    def clean(self, localrc: str) -> None:
        """Run clean.sh, which begins with unstack.sh."""
        self.unstack(localrc)
        self._session(localrc, 'clean')

    def mount(self, share: str, place: str) -> None:
        """Have a share be mounted, as Cinder, Nova or somebody else would."""
        with (self.root / 'run/mounts').open('a') as table:
            table.write(f'{share} {place}\n')

    def ini(self, name: str) -> Mapping[str, Mapping[str, str]]:
        """Return a configuration file of the host, by section."""
        parser = configparser.ConfigParser(interpolation=None, default_section='none')
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(self.read(name))
        return parser

    def saved(self) -> pathlib.Path:
        """Return a copy of the host's files."""
        return pathlib.Path(shutil.copytree(self.root, self.folder / 'saved'))

    def restore(self, copy: pathlib.Path) -> None:
        """Have the host's files be those of a copy."""
        shutil.rmtree(self.root)
        shutil.copytree(copy, self.root)

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Return mode and bytes of all files, and modes of all folders.

        Of the owners those of what is still there, and of what is to be undone not the order.
        """
        found = {str(path.relative_to(self.root)): path for path in self.root.rglob('*')}
        tree = {
            name: (path.stat().st_mode, b'' if path.is_dir() else path.read_bytes())
            for name, path in found.items()
        }
        for name in (_OWNERS, _UNDO):
            mode, text = tree.get(name, (0, b''))
            lines = [
                line
                for line in sorted(text.decode().splitlines())
                if name == _UNDO or pathlib.Path(line.split()[0]).exists()
            ]
            tree[name] = (mode, '\n'.join(lines).encode())
        return tree

    def _session(self, localrc: str, *words: str) -> None:
        path = self.folder / 'localrc'
        path.write_text(localrc)
        command = ['bash', str(HERE / 'session.sh'), *words]
        ended = subprocess.run(
            command,
            env={
                'HARNESS': str(HERE),
                'HARNESS_DEATH': str(self.death),
                'HARNESS_COMMANDS': str(self.commands),
                'HARNESS_LOG': str(self.folder / 'log'),
                'PLUGIN': str(self.plugin),
                'ROOT': str(self.root),
                'FAMILY': self.family,
                'LOCALRC': str(path),
                'PATH': os.environ['PATH'],
            },
            umask=0o022,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if ended.returncode == -signal.SIGKILL:
            raise Killed(f'{" ".join(command)} was killed at call {self.death}')
        # A plugin that calls something that is not there may go on without it.
        if ended.returncode or 'command not found' in ended.stderr:
            raise PluginError(
                f'{" ".join(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}'
            )


def localrc(sample: str) -> str:
    """Return the part ``[[local|localrc]]`` of a sample."""
    text = (SAMPLES / f'{sample}.conf').read_text()
    parts = re.split(r'^\[\[(.*)\]\]$', text, flags=re.MULTILINE)
    return parts[parts.index('local|localrc') + 1]


def samples() -> list[str]:
    """Return the names of the samples."""
    return sorted(path.stem for path in SAMPLES.glob('*.conf'))


@dataclasses.dataclass(frozen=True)
class Written:
    """What the plugin writes for the only backend of a sample.

    :ivar section: that of ``cinder.conf``, but for what holds on its host alone: the name of the
        backend, shares, mounts.
    :ivar dynamic_ownership: libvirt's option.
    """

    section: dict[str, str]
    dynamic_ownership: bool

    @classmethod
    def for_sample(cls, sample: str) -> Written:
        """Have the plugin write it."""
        with tempfile.TemporaryDirectory(prefix='nova-assist-devstack-') as folder:
            one = Host(pathlib.Path(folder))
            one.stack(localrc(sample))
            section = one.ini('etc/cinder/cinder.conf')['nfs']
            qemu = one.read('etc/libvirt/qemu.conf')
        (ownership,) = re.findall(r'^ *dynamic_ownership *= *(\d)$', qemu, flags=re.MULTILINE)
        return cls(
            {name: text for name, text in section.items() if name not in _PLACES},
            ownership == '1',
        )


def settings(*paths: pathlib.Path) -> set[str]:
    """Return the names of the settings that have a default, in these files or anywhere."""
    texts = ''.join(path.read_text() for path in paths or (EARLY, SETTINGS))
    return set(re.findall(r'^ *(?:.*\) )?([A-Z0-9_]+)=\$\{\1:?-', texts, flags=re.MULTILINE))
