# SPDX-License-Identifier: Apache-2.0
"""Installs what the stack needs: Debian's packages, and a virtual environment of the services.

Main function: :func:`install`. What is there already is left as it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from tests.stack.commands import run
from tests.stack.errors import UnfitMachineError
from tests.stack.progress import Progress
from tests.stack.settings import Places

ROOT = Path(__file__).parents[2]
_BINDEP = ROOT / 'bindep.txt'
_PROFILES = ('', 'stack')
#: Whose exit code 101 keeps packages from starting their services.
_POLICY = Path('/usr/sbin/policy-rc.d')

#: What the virtual environment is asked for. Versions are those of ``constraints/``.
_SERVICES = (
    'keystone',
    'openstack-placement',
    'glance',
    'nova',
    'cinder',
    'PyMySQL',
    'supervisor',
    'setuptools',
    'wheel',
)
#: Built here: a wheel of another machine may be linked to another Python.
_BUILT = 'uwsgi'
#: Takes seconds where pip takes minutes.
_INSTALLER = 'uv'


def install(places: Places, python: str, progress: Progress) -> None:
    """Install all that is missing.

    :param python: the interpreter of the services, which every account has to be able to run.
    :raises UnfitMachineError: this is no Debian, or there is no such series.
    :raises CommandError: something can't be installed.
    """
    constraints = ROOT / 'constraints' / f'stack-{places.series}.txt'
    if not constraints.exists():
        raise UnfitMachineError(f'SERIES={places.series}: there is no {constraints}')
    places.base.mkdir(parents=True, exist_ok=True)
    missing = [name for name in bindep(_BINDEP.read_text()) if not _installed(name)]
    if missing:
        with progress.step(f'Debian packages: {len(missing)} installed'):
            _install_packages(missing, places.install_log)
    libvirt = run(['pkg-config', '--modversion', 'libvirt']).strip()
    wanted = _fingerprint(constraints, python, libvirt)
    stamp = places.venv / 'installed'
    if not stamp.exists() or stamp.read_text() != wanted:
        with progress.step(f'services of {places.series} in {places.venv}'):
            _install_services(places, python, constraints, libvirt)
        stamp.write_text(wanted)


def bindep(text: str) -> list[str]:
    """Return Debian's packages among those of a ``bindep.txt``, without profile or with ours."""
    found = re.findall(r'^([a-z0-9.+-]+) \[platform:dpkg ?(\w*)\]$', text, re.MULTILINE)
    return [name for name, profile in found if profile in _PROFILES]


def _installed(package: str) -> bool:
    with contextlib.suppress(Exception):
        query = ['dpkg-query', '-W', '-f', '${Status}', package]
        return run(query) == 'install ok installed'
    return False


def _install_packages(packages: list[str], log: Path) -> None:
    environment = {**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'}
    apt = ['nice', 'apt-get', '-q']
    with _services_not_started():
        run([*apt, 'update'], environment=environment, log=log)
        run(
            [*apt, 'install', '-y', '--no-install-recommends', *packages],
            environment=environment,
            log=log,
        )


@contextlib.contextmanager
def _services_not_started() -> Iterator[None]:
    """Keep packages from starting services; a machine that has a policy keeps its own."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text('#!/bin/sh\nexit 101\n')
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def _fingerprint(constraints: Path, python: str, libvirt: str) -> str:
    """Return what changes with anything that would make another environment."""
    base = constraints.with_name(constraints.name.removeprefix('stack-'))
    parts = [constraints.read_text(), base.read_text(), run([python, '-VV']), libvirt]
    return hashlib.sha256('\n'.join([*parts, *_SERVICES, _BUILT]).encode()).hexdigest()


def _install_services(places: Places, python: str, constraints: Path, libvirt: str) -> None:
    log = places.install_log
    pip = [places.program('python'), '-m', 'pip', '--disable-pip-version-check']
    run(['nice', python, '-m', 'venv', '--clear', str(places.venv)], log=log)
    run(['nice', *pip, 'install', '-q', '-c', str(constraints), _INSTALLER], log=log)
    uv = ['nice', places.program('uv'), 'pip', 'install', '--compile-bytecode']
    uv += ['--python', places.program('python'), '-c', str(constraints)]
    environment = {**os.environ, **_as_pip(pip)}
    run([*uv, *_SERVICES], environment=environment, log=log)
    # The binding has to be as old as Debian's library, whatever OpenStack's constraints say.
    built = ['--no-build-isolation', '--no-cache', f'libvirt-python=={libvirt}', _BUILT]
    run([*uv, *built], environment=environment, log=log)


def _as_pip(pip: list[str]) -> dict[str, str]:
    """Return what makes uv use the index that pip does, and the machine's certificates."""
    told = dict(line.split('=', 1) for line in run([*pip, 'config', 'list']).splitlines())
    mirror = os.environ.get('PIP_INDEX_URL') or told.get('global.index-url', '').strip("'")
    return {'UV_SYSTEM_CERTS': '1', **({'UV_DEFAULT_INDEX': mirror} if mirror else {})}
