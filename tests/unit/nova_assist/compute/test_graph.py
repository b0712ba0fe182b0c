# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import unittest
from typing import Any

from nova_assist.compute import errors, graph


def parse(*images: tuple[str, str | None], **extra: str) -> graph.Graph:
    """Build a chain of images given as (file, name of the backing file), active file first.

    *extra* may name a ``filter`` driver that a job has put below the active image.
    """
    nodes: list[dict[str, Any]] = []
    edges: list[tuple[str, str, str]] = []
    for number, (file, backing) in enumerate(images):
        image, protocol = f'image-{number}', f'file-{number}'
        for name, driver, path in ((image, 'qcow2', 'json:{…}'), (protocol, 'file', file)):
            details = {'virtual-size': 1024}
            nodes.append({'node-name': name, 'drv': driver, 'file': path, 'image': details})
        if backing is not None:
            nodes[-2]['image'] = {'virtual-size': 1024, 'backing-filename': backing}
        edges.append((image, 'file', protocol))
        if number + 1 < len(images):
            edges.append((image, 'backing', f'image-{number + 1}'))
    if 'filter' in extra:
        edges.remove(('image-0', 'backing', 'image-1'))
        edges += [('image-0', 'backing', '#block1'), ('#block1', 'backing', 'image-1')]
        nodes.append(
            {
                'node-name': '#block1',
                'drv': extra['filter'],
                'file': 'x',
                'image': {'virtual-size': 1024},
            }
        )
    ids = {node['node-name']: number for number, node in enumerate(nodes)}
    return graph.Graph.parse(
        nodes,
        {
            'nodes': [{'id': number, 'name': name} for name, number in ids.items()],
            'edges': [
                {'parent': ids[parent], 'name': name, 'child': ids[child]}
                for parent, name, child in edges
            ],
        },
    )


class GraphTest(unittest.TestCase):
    def test_a_chain_has_the_paths_of_the_files_active_first(self) -> None:
        chain = parse(('/s/c', 'b'), ('/s/b', 'a'), ('/s/a', None)).chain('image-0')
        self.assertEqual([node.file for node in chain], ['/s/c', '/s/b', '/s/a'])
        self.assertEqual([node.backing_name for node in chain], ['b', 'a', None])

    def test_the_filter_of_a_running_job_is_not_part_of_the_chain(self) -> None:
        found = parse(('/s/b', 'a'), ('/s/a', None), filter='commit_top')
        self.assertEqual([n.file_name for n in found.chain('image-0')], ['b', 'a'])

    def test_images_that_no_disk_needs_are_unused_each_before_its_backing_image(self) -> None:
        found = parse(('/s/d', 'c'), ('/s/c', 'b'), ('/s/b', 'a'), ('/s/a', None))
        self.assertEqual(found.unused(['image-2']), ['image-0', 'image-1'])
        self.assertEqual(found.unused(['image-0']), [])
        self.assertEqual(len(found.unused([])), 4)

    def test_a_file_that_is_not_in_the_chain_is_named(self) -> None:
        chain = parse(('/s/b', 'a'), ('/s/a', None)).chain('image-0')
        self.assertEqual(graph.find(chain, 'a'), 1)
        with self.assertRaisesRegex(errors.DiskError, 'x is not in .* b -> a'):
            graph.find(chain, 'x')

    def test_relative_names_are_followed_through_folders(self) -> None:
        chain = parse(('/s/c', 'sub/b'), ('/s/sub/b', '../a'), ('/s/a', None)).chain('image-0')
        self.assertEqual(graph.relative_backing_name(chain, 0, 2), 'sub/../a')
        self.assertEqual(graph.relative_backing_name(chain, 1, 2), '../a')

    def test_a_chain_with_an_absolute_name_can_not_stay_relative(self) -> None:
        chain = parse(('/s/c', 'b'), ('/s/b', '/s/a'), ('/s/a', None)).chain('image-0')
        with self.assertRaisesRegex(errors.DiskError, '/s/b has no relative backing name'):
            graph.relative_backing_name(chain, 0, 2)
