# SPDX-License-Identifier: Apache-2.0
"""QEMU's block graph as a value: which nodes there are, and which file backs which.

Main class: :class:`Graph`, parsed from the answers of ``query-named-block-nodes`` and
``x-debug-query-block-graph``; pure. Changing the graph is left to
:mod:`nova_assist.compute.block`.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nova_assist.compute import errors

#: What the names of the image nodes begin with that this service adds; a number follows.
IMAGE_PREFIX = 'image-'
_IMAGE_DRIVERS = ('raw', 'qcow2', 'luks')


@dataclasses.dataclass(frozen=True)
class Node:
    """A node of the graph.

    ``driver`` is ``raw``, ``qcow2``, ``luks`` or ``file``; ``file`` the path of the image's file;
    ``backing_name`` the backing file as the image's header has it; ``size`` in bytes, as is
    ``header``, what a LUKS file begins with that is no data.
    """

    name: str
    driver: str
    file: str
    backing_name: str | None
    size: int
    header: int = 0

    @property
    def number(self) -> int:
        """The number in an image node's name, -1 for nodes that QEMU named itself."""
        number = self.name[len(IMAGE_PREFIX) :]
        return int(number) if self.name.startswith(IMAGE_PREFIX) else -1

    @property
    def file_name(self) -> str:
        """The file's name without its folder."""
        return os.path.basename(self.file)


class Graph:
    """The nodes and the edges between them.

    :param nodes: by name.
    :param children: each node's children by their role (``file``, ``backing``).
    """

    def __init__(
        self, nodes: Mapping[str, Node], children: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.nodes = nodes
        self._children = children

    @classmethod
    def parse(cls, nodes: Iterable[Mapping[str, Any]], graph: Mapping[str, Any]) -> Graph:
        """Build the graph from QEMU's two answers."""
        names = {node['id']: node['name'] for node in graph['nodes']}
        children: dict[str, dict[str, str]] = {}
        for edge in graph['edges']:
            children.setdefault(names[edge['parent']], {})[edge['name']] = names[edge['child']]
        described = {node['node-name']: node for node in nodes}
        return cls(
            {name: _node(node, described, children) for name, node in described.items()}, children
        )

    def chain(self, top: str) -> list[Node]:
        """Return a node and what it is backed by, active node first.

        The filters that a running job puts between them (``commit_top``, ``copy-on-read``) are
        passed over.
        """
        chain = []
        name: str | None = top
        while name is not None:
            children = self._children.get(name, {})
            if self.nodes[name].driver in _IMAGE_DRIVERS:
                chain.append(self.nodes[name])
                name = children.get('backing')
            else:
                name = children.get('backing', children.get('file'))
        return chain

    def unused(self, tops: Iterable[str]) -> list[str]:
        """Return the image nodes that no disk needs any more, each before what it is backed by.

        :param tops: the disks' own nodes.
        """
        needed = {node.name for top in tops for node in self.chain(top)}
        left = [n for n in self.nodes if n.startswith(IMAGE_PREFIX) and n not in needed]
        depth = {name: len(self.chain(name)) for name in left}
        return sorted(left, key=lambda name: -depth[name])


def find(chain: Sequence[Node], file_name: str) -> int:
    """Return the position of a file in a chain.

    :raises DiskError: it isn't there.
    """
    names = [node.file_name for node in chain]
    if file_name not in names:
        raise errors.DiskError(
            f'{file_name} is not in the backing chain that QEMU has open: {" -> ".join(names)}'
        )
    return names.index(file_name)


def relative_backing_name(chain: Sequence[Node], overlay: int, base: int) -> str:
    """Return the name that an overlay's header has to give a file further down.

    As in libvirt, it is put together from the relative names that the headers between them have.

    :param overlay: position of the first header to follow.
    :param base: position of the file to name, further down than *overlay*.
    :raises DiskError: a header on the way has no relative name.
    """
    name = ''
    for node in chain[overlay:base]:
        if node.backing_name is None or os.path.isabs(node.backing_name):
            raise errors.DiskError(
                f'{node.file} has no relative backing name ({node.backing_name}), '
                'so the chain below it can not be shortened and stay relative'
            )
        name = os.path.join(os.path.dirname(name), node.backing_name)
    return name


def _details(node: Mapping[str, Any]) -> Mapping[str, int]:
    details: Mapping[str, int] = node['image'].get('format-specific', {}).get('data', {})
    return details


def _node(
    node: Mapping[str, Any],
    described: Mapping[str, Mapping[str, Any]],
    children: Mapping[str, Mapping[str, str]],
) -> Node:
    # An image node describes its own file as JSON; the plain path is that of its child, or of the
    # file below that where errors are injected in between.
    child = children.get(node['node-name'], {}).get('file', '')
    protocol = described.get(children.get(child, {}).get('image', child), node)
    return Node(
        node['node-name'],
        node['drv'],
        protocol['file'],
        node['image'].get('backing-filename'),
        node['image']['virtual-size'],
        _details(node).get('payload-offset', 0),
    )
