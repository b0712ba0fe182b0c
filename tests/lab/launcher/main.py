# SPDX-License-Identifier: Apache-2.0
"""
The options of the lab, and its exit codes.

Main function: :func:`main`. Leaves the work to ``job``, ``machines`` and ``process``.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import signal
import sys
from types import FrameType

from . import LabError, OutOfTime
from .job import Export, Job, size
from .machines import chosen
from .process import run

NOT_SET_UP = 97
OUT_OF_TIME = 124

DESCRIPTION = """\
Runs COMMAND as root where the kernel's own NFS server and client are: on this machine if its
kernel has them, otherwise in a small virtual machine (user-mode Linux, no KVM needed) that sees
this machine's files. Standard output, standard error and exit code are the command's; its
standard input is empty.

Inside
  files     this machine's, at the same paths. What is written is thrown away at the end, except
            in folders given with --share.
  exports   at 127.0.0.1:PATH, NFS 3 and 4.2, each a file system of its own whose folder is
            cinder:volumes 2775. The folder PATH itself is the server's view, without NFS.
  accounts  cinder (9001), nova (9002), qemu (9003), each also in the group volumes (9000), and
            outsider (9004), who is not. cinder may use sudo, if that is installed.
  network   the loopback only.
  NOVA_ASSIST_LAB=1 is in the environment. Folders on the way to the command, to Python, to those
  of PATH and to the working folder may be passed by every account.

After a restart of the server (rpc.nfsd 0; rpc.nfsd) clients have 10 seconds to reclaim locks;
its first start waits for nobody.
"""

EPILOG = """\
examples
  tests/lab/lab -- bash -c 'mount -t nfs -o vers=4.2 127.0.0.1:/srv/squash /mnt && ls -la /mnt'
  tests/lab/lab --share report -- .venv/bin/python -m pytest tests/lab
  tests/lab/lab --export /srv/data:2G:root_squash,ro -- findmnt

exit codes
  the command's own (128 + N if signal N ended it), or
  2    wrong usage
  97   the lab could not be set up; the reason is told
  124  out of time
  130, 143  interrupted, terminated: everything is ended and removed first
"""


def parser() -> argparse.ArgumentParser:
    """The options."""
    result = argparse.ArgumentParser(
        prog='lab',
        usage='lab [OPTION ...] [--] COMMAND [ARGUMENT ...]',
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    result.add_argument(
        '--export', action='append', type=Export.parse, metavar='PATH:SIZE[:OPTIONS]',
        help='an export, its size (64M, 8G) and its options as in exports(5); may be repeated. '
        'Without: ' + ', '.join(str(export) for export in Export.defaults()),
    )  # fmt: skip
    result.add_argument(
        '--share', action='append', type=folder, default=[], metavar='DIR',
        help='a folder that is really written, with the modes it has; may be repeated',
    )  # fmt: skip
    result.add_argument(
        '--time-limit', type=float, default=3600, metavar='SECONDS',
        help='end it after so long, start included (3600)',
    )  # fmt: skip
    result.add_argument(
        '--mem', type=size, default='3G', metavar='SIZE',
        help='memory of the virtual machine, where also lies what is written (3G)',
    )  # fmt: skip
    kind = result.add_mutually_exclusive_group()
    kind.add_argument('--native', action='store_const', dest='kind', const='native',
                      help="use this machine's kernel, in namespaces of its own")  # fmt: skip
    kind.add_argument('--vm', action='store_const', dest='kind', const='vm',
                      help='use the virtual machine')  # fmt: skip
    result.add_argument('command', nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return result


def folder(text: str) -> pathlib.Path:
    """
    A folder that exists, as its real path.

    :raises argparse.ArgumentTypeError: there is none
    """
    path = pathlib.Path(text).resolve()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f'{text} is no folder')
    return path


def interrupted(number: int, frame: FrameType | None) -> None:
    """End, once: a second signal does not disturb what the first one began."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    print(f'lab: ended by {signal.Signals(number).name}', file=sys.stderr)
    sys.exit(128 + number)


def main() -> int:
    """Run the lab; the exit code."""
    options = parser()
    given = options.parse_args()
    command = given.command[given.command[:1] == ['--'] :]
    if not command:
        options.error('no COMMAND')
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        if os.geteuid() != 0:
            raise LabError('mounting needs root; start it with sudo')
        job = Job(tuple(command), tuple(given.export or Export.defaults()), tuple(given.share))
        return run(job, chosen(given.kind, given.mem), given.time_limit)
    except OutOfTime as error:
        print(f'lab: {error}', file=sys.stderr)
        return OUT_OF_TIME
    except LabError as error:
        print(f'lab: {error}', file=sys.stderr)
        return NOT_SET_UP
