# SPDX-License-Identifier: Apache-2.0
"""Whether the scenarios are played with what the stack has."""

import tempfile
import unittest
from pathlib import Path

from nova_assist.cli.arguments import parse
from tests.stack import scenarios
from tests.stack.settings import Places
from tests.unit.stack import samples


class WordsTest(unittest.TestCase):
    def arguments(self, names, **options):
        """Return what nova-assist run takes the words for."""
        with tempfile.TemporaryDirectory() as folder:
            places = Places(Path(folder), '2026.1')
            places.clients.mkdir(parents=True)
            (places.clients / 'clouds.yaml').touch()
            settings = samples.settings(places=places, exported=Path(folder), options=options)
            return parse(['run', *scenarios.words(settings, names)], '')

    def test_all_scenarios_of_the_format_that_the_backend_makes(self):
        for options, image_format in (({}, 'raw'), ({'nfs_qcow2_volumes': 'True'}, 'qcow2')):
            found = self.arguments(scenarios.ALL, **options)
            self.assertEqual(((image_format, 'nfs'),), found.remote.types)
            self.assertEqual((), found.scenarios)

    def test_those_that_are_named(self):
        self.assertEqual(('mixed', 'clone'), self.arguments('mixed,clone').scenarios)
