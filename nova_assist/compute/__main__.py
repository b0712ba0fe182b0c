# SPDX-License-Identifier: Apache-2.0
"""``python -m nova_assist.compute``: runs the service until it is told to end.

Prints ``ready URL`` when it listens; logs to standard error. Exit codes: 0 after SIGTERM or
SIGINT, 2 if it can't start. The servers' daemons run on. With a Keystone, its password there is
taken from the environment, where no other user can see it, and so is the key of encrypted volumes.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import pathlib
import signal
import socket
import sys
from collections.abc import Sequence

from aiohttp import web

from nova_assist.bench import nova_watch
from nova_assist.compute import errors
from nova_assist.compute.api.app import make_app
from nova_assist.compute.credentials import PASSWORD, Plain, ServiceUser
from nova_assist.compute.keys import FIXED_KEY, BarbicanKeys, FixedKey
from nova_assist.compute.service import Compute
from nova_assist.compute.shares import Shares
from nova_assist.faults import compute_points

ADDRESS = '127.0.0.1'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service.

    :param arguments: the command line's; those of the process by default.
    :returns: the exit code.
    """
    options = _parser().parse_args(arguments)
    compute_points.install()
    nova_watch.install()
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format='%(asctime)s.%(msecs)03d %(levelname)s %(name)s: %(message)s',
        datefmt='%H:%M:%S',
    )
    for chatty in ('aiohttp.access', 'qemu.qmp'):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        asyncio.run(_serve(options))
    except (errors.StartError, errors.StateError) as error:
        sys.stderr.write(f'nova-assist compute: {error}\n')
        return 2
    return 0


async def _serve(options: argparse.Namespace) -> None:
    shares = Shares(str(options.mount_base), local=options.share_is_local)
    listener = _bind(options.port)
    user = _service_user(options)
    fixed = FixedKey(os.environ.pop(FIXED_KEY, None))
    url = options.key_manager_url
    keys = BarbicanKeys(url, user or Plain()) if url else fixed
    compute = Compute(options.folder, options.cinder_url, user or Plain(), shares, keys)
    app = _guarded(compute, user) if user else make_app(compute)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await compute.start()
        await web.SockSite(runner, listener).start()
        sys.stdout.write(f'ready http://{ADDRESS}:{listener.getsockname()[1]}/v2.1\n')
        sys.stdout.flush()
        await ended.wait()
    finally:
        await runner.cleanup()
        await compute.stop()


def _service_user(options: argparse.Namespace) -> ServiceUser | None:
    """Return who we are in Keystone, if there is one.

    The password is taken out of the environment: the daemons that we start need not have it.

    :raises StartError: there is none.
    """
    password = os.environ.pop(PASSWORD, '')
    if options.identity_url is None:
        return None
    if not password:
        raise errors.StartError(
            f'the password of {options.service_user} in Keystone is not known; '
            f'set the environment variable {PASSWORD}'
        )
    return ServiceUser(
        options.identity_url, options.service_user, password, options.service_project
    )


def _guarded(compute: Compute, user: ServiceUser) -> web.Application:
    """Return the application behind Keystone's middleware, which need not be installed else."""
    from nova_assist.compute.api.token_check import TokenCheck

    return make_app(compute, TokenCheck(user))


def _bind(port: int) -> socket.socket:
    """Claim a port, or a free one for 0, without answering there yet."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = 'it is in use' if error.errno == errno.EADDRINUSE else error.strerror
        raise errors.StartError(
            f'can not listen on {ADDRESS} port {port}: {reason}; choose another --port'
        ) from error
    return listener


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m nova_assist.compute',
        description='A compute service with the API of Nova over the block layer of QEMU.',
    )
    parser.add_argument('folder', type=pathlib.Path, help='where it keeps its state')
    parser.add_argument('--port', type=int, default=8774, help='port on 127.0.0.1, 0 for any')
    parser.add_argument('--cinder-url', required=True, help='API of Cinder, up to /v3')
    parser.add_argument(
        '--mount-base',
        type=pathlib.Path,
        required=True,
        help='folder in which each share is at the MD5 of its name',
    )
    parser.add_argument(
        '--share-is-local',
        action='store_true',
        help='those are plain folders: nothing has to be mounted there',
    )
    parser.add_argument('--identity-url', help='API of Keystone, up to /v3, if there is one')
    parser.add_argument(
        '--key-manager-url',
        help='API of Barbican, without version, which has the keys of encrypted volumes',
    )
    parser.add_argument('--service-user', default='nova', help='who it is in Keystone')
    parser.add_argument('--service-project', default='service', help="that one's project")
    return parser


if __name__ == '__main__':
    sys.exit(main())
