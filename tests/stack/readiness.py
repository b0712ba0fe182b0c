# SPDX-License-Identifier: Apache-2.0
"""Tells whether services are ready; functions that return something true once they are.

Who asks, and how long, is left to :mod:`tests.stack.stack`.
"""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterable

import psutil

from tests.stack.cloud import Cloud
from tests.stack.commands import run
from tests.stack.errors import StackError
from tests.stack.namespace import Namespace
from tests.stack.settings import ADDRESS, BACKEND

#: A service that needs more than this to answer is not ready.
_ANSWER_SECONDS = 10
_LOOPBACK = ('127.', '::1')


def listens(port: int) -> bool:
    """Say whether somebody takes connections on a port."""
    with socket.create_connection((ADDRESS, port), _ANSWER_SECONDS):
        return True


def answers(url: str) -> bool:
    """Say whether a service answers, be it with an error of its own."""
    try:
        with urllib.request.urlopen(url, timeout=_ANSWER_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500


def hypervisor(namespace: Namespace) -> bool:
    """Say whether libvirt knows its QEMU."""
    return bool(run(namespace.command('virsh', '-q', '-c', 'qemu:///system', 'version')))


def reports(cloud: Cloud, binary: str) -> bool:
    """Say whether a service of Nova's or Cinder's reports that it is up."""
    client = cloud.nova if binary.startswith('nova') else cloud.cinder
    states = [each.state for each in client.services.list(binary=binary)]
    if binary == 'nova-compute':
        # It can be given servers only once it is in its cell, and known to Placement.
        return states == ['up'] and bool(cloud.nova.hypervisors.list())
    if binary == 'cinder-volume':
        pools = cloud.cinder.pools.list(detailed=True)
        return states == ['up'] and any(pool.volume_backend_name == BACKEND for pool in pools)
    return 'up' in states


def check_addresses(namespace: Namespace) -> None:
    """Make sure that no process of the stack listens on other addresses than the loopback's.

    :raises StackError: one does.
    """
    pids = set(namespace.processes())
    found = [
        (each.pid, each.laddr.ip, each.laddr.port)
        for each in psutil.net_connections('inet')
        if each.status == psutil.CONN_LISTEN and each.pid in pids
    ]
    open_to_others = beyond_loopback(found)
    if open_to_others:
        raise StackError(
            'the stack was to listen on the loopback alone, but there is '
            + ', '.join(
                f'{_name(pid)} on {address} port {port}' for pid, address, port in open_to_others
            )
        )


def beyond_loopback(found: Iterable[tuple[int, str, int]]) -> list[tuple[int, str, int]]:
    """Return those that listen elsewhere, of process, address and port."""
    return [each for each in found if not each[1].startswith(_LOOPBACK)]


def _name(pid: int) -> str:
    return ' '.join(psutil.Process(pid).cmdline()[:2])
