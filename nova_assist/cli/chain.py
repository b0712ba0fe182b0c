# SPDX-License-Identifier: Apache-2.0
"""``nova-assist chain``: the files of one volume, and who has them open.

Main function: :func:`chain`. How they are told is left to :mod:`nova_assist.cli.chain_text`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from driver import exceptions, listing, mounts
from driver.check import audit, tree
from driver.check.audit_access import Expected
from driver.check.tree import Node, Tree
from driver.layout import Layout
from nova_assist.cli import chain_text
from nova_assist.cli.emitting import emit
from nova_assist.cli.errors import ExitCode
from nova_assist.cli.mounted import NoLookError, become, folder_of, refused, require_account
from nova_assist.cli.share_arguments import ChainArguments
from nova_assist.cli.terminal import wants_colour, width

# Seconds for which something has to be found wrong; a person waits for the picture.
_SETTLE = 0.5


def chain(arguments: ChainArguments) -> ExitCode:
    """Show a volume's files.

    :raises NoLookError: there is no such volume or account, or its share can't be read.
    """
    if arguments.account is not None:
        become(arguments.account)
    try:
        layout, names = _find(arguments)
        grown = tree.grow(layout, names)
        volumes = {layout.volume: names}
        found = audit.confirmed(layout.folder, volumes, Expected(), _SETTLE)
        require_account(layout.folder, found)
    except exceptions.DriverError as error:
        raise refused(error) from error
    damaged = any(finding.counts for finding in found)
    if arguments.form == 'json':
        emit(_json(grown, damaged))
    else:
        emit(chain_text.render(grown, damaged, width(), wants_colour(sys.stdout)))
    return ExitCode.FAILED if damaged else ExitCode.PASSED


def _find(arguments: ChainArguments) -> tuple[Layout, tuple[str, ...]]:
    """Return where a volume is, and the names of its files."""
    folders = _folders(arguments)
    word = os.path.basename(arguments.volume)
    for folder in folders:
        found = listing.list_folder(folder)
        volume = listing.find(found, word)
        if volume is not None:
            return Layout(folder, volume), found.volumes[volume]
    places = ', '.join(map(str, folders)) or 'no NFS export, for none is mounted on this host'
    raise NoLookError(
        f'no file of a volume {word} was found; looked in {places}. Name the share '
        f'that it is on with --share, or the path of one of its files'
    )


def _folders(arguments: ChainArguments) -> Iterable[Path]:
    if arguments.share is not None:
        return [folder_of(arguments.share)]
    if '/' in arguments.volume:
        return [Path(arguments.volume).absolute().parent]
    return mounts.nfs_points()


def _json(grown: Tree, damaged: bool) -> str:
    record = grown.record
    content = {
        'volume': grown.layout.volume,
        'folder': str(grown.layout.folder),
        'damaged': damaged,
        'record': {'active': record.active, 'overlays': dict(record.overlays)} if record else None,
        'record_fault': grown.record_fault,
        'chains': [[_node(node) for node in branch] for branch in grown.branches],
    }
    return json.dumps(content, indent=2) + '\n'


def _node(node: Node) -> dict[str, object]:
    holders = dataclasses.asdict(node.holders) if node.holders else None
    return {
        'file': node.name,
        'fault': node.fault,
        'format': node.form.value if node.form else None,
        'virtual_size': node.size,
        'allocated': node.allocated,
        'active': node.active,
        'snapshots': list(node.snapshots),
        'open': holders,
    }
