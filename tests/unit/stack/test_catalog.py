# SPDX-License-Identifier: Apache-2.0
"""Where the catalog has services be."""

import unittest

from tests.stack import catalog
from tests.unit.stack import samples


def urls(settings, **where):
    return {entry.type: entry.url for entry in catalog.entries(settings, **where)}


class EntriesTest(unittest.TestCase):
    def test_services_reach_each_other_where_users_do(self):
        settings = samples.settings()
        self.assertEqual(urls(settings), urls(settings, between_services=True))

    def test_recorder_stands_between_cinder_and_nova_alone(self):
        settings = samples.settings(recorded=True)
        public, inside = urls(settings), urls(settings, between_services=True)
        moved = {each for each in public if public[each] != inside[each]}
        self.assertEqual({'compute', 'volumev3', 'block-storage'}, moved)
        ports = settings.ports
        self.assertEqual(f'http://127.0.0.1:{ports.heard_nova}/v2.1', inside['compute'])
        self.assertIn(f':{ports.heard_cinder}/v3', inside['volumev3'])
        self.assertEqual(urls(samples.settings()), public)
