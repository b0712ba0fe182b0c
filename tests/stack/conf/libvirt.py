# SPDX-License-Identifier: Apache-2.0
"""Composes libvirt's configuration, which has a form of its own."""

from __future__ import annotations

from collections.abc import Mapping

from tests.stack.settings import Settings

#: Whoever has an account may do everything.
_DAEMON = {'auth_unix_ro': 'none', 'auth_unix_rw': 'none', 'unix_sock_rw_perms': '0777'}


def files(settings: Settings) -> dict[str, str]:
    """Return the texts by file name."""
    user, group = settings.hypervisor
    return {
        'libvirtd.conf': _render(_DAEMON),
        'qemu.conf': _render(
            {
                'user': user,
                'group': group,
                'dynamic_ownership': int(settings.dynamic_ownership),
                'security_driver': 'none',
                # Nobody runs virtlogd here.
                'stdio_handler': 'file',
                # Neither cgroups nor device namespaces: containers have no right to them.
                'cgroup_controllers': (),
                'namespaces': (),
            }
        ),
    }


def _render(options: Mapping[str, str | int | tuple[()]]) -> str:
    return ''.join(f'{name} = {_value(value)}\n' for name, value in options.items())


def _value(value: str | int | tuple[()]) -> str:
    if isinstance(value, tuple):
        return '[]'
    return str(value) if isinstance(value, int) else f'"{value}"'
