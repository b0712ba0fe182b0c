# SPDX-License-Identifier: Apache-2.0
"""The services of a cloud: what each is started with, and under whose account.

Main functions: :func:`cinder` and :func:`compute`. Starting and stopping them is left to
:mod:`nova_assist.cloud.service`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from nova_assist.accounts import Accounts
from nova_assist.cloud.identity import NOVA
from nova_assist.cloud.service import Service
from nova_assist.cloud.settings import CinderSettings
from nova_assist.cloud.shares import ShareLayout
from nova_assist.compute.credentials import PASSWORD
from nova_assist.compute.keys import FIXED_KEY


def cinder(
    settings: CinderSettings,
    settings_file: Path,
    log: Path,
    environment: Mapping[str, str],
    accounts: Accounts | None,
    umask: int,
) -> Service:
    """Return the Cinder process: API, scheduler and volume services.

    :param settings_file: where the settings will be when it starts.
    :param umask: its umask, which may be a hostile one: no driver may depend on it.
    """
    return Service(
        'cinder',
        [sys.executable, '-m', 'nova_assist.cloud.cinder_process', str(settings_file)],
        settings.url,
        log,
        environment,
        accounts.cinder if accounts else None,
        umask,
    )


def compute(
    command: Sequence[str],
    settings: CinderSettings,
    layout: ShareLayout,
    log: Path,
    environment: Mapping[str, str],
    accounts: Accounts | None,
) -> Service:
    """Return the compute service's process, which starts every QEMU under its own account.

    :param command: what to run, with its folder and port.
    """
    arguments = ['--cinder-url', settings.url_for_compute, '--mount-base', str(layout.base)]
    if settings.key_manager_url:
        arguments += ['--key-manager-url', settings.key_manager_url]
        secret = {}
    else:
        secret = {FIXED_KEY: settings.fixed_key}
    if settings.identity:
        arguments += ['--identity-url', settings.identity.url]
        arguments += ['--service-user', NOVA.name, '--service-project', NOVA.project]
        secret[PASSWORD] = settings.identity.password
    local = [] if layout.export else ['--share-is-local']
    return Service(
        'compute',
        [*command, *arguments, *local],
        settings.compute_url,
        log,
        {**environment, **secret},
        accounts.hypervisor if accounts else None,
    )
