# SPDX-License-Identifier: Apache-2.0
"""Whether ports, places and settings are what they are asked to be."""

import dataclasses
import socket
import tempfile
import unittest
from pathlib import Path

from tests.stack import settings
from tests.stack.errors import UnfitMachineError
from tests.stack.settings import ADDRESS, Places, Ports
from tests.unit.stack import samples


class PortsTest(unittest.TestCase):
    def test_ports_follow_each_other_and_none_is_there_twice(self):
        ports = Ports.following(20000).by_user()
        self.assertEqual(list(range(20000, 20000 + len(ports))), list(ports.values()))

    def test_port_of_somebody_else_is_named_with_who_was_to_have_it(self):
        with socket.create_server((ADDRESS, 0)) as somebody:
            port = somebody.getsockname()[1]
            ports = dataclasses.replace(Ports.following(1), keystone=port)
            with self.assertRaisesRegex(UnfitMachineError, f'port {port} .* for keystone'):
                ports.check_free()


class SettingsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.places = Places(Path(folder.name), '2026.1')
        self.places.state.mkdir()
        self.saved = samples.settings(places=self.places)

    def test_saved_settings_are_known_again_with_their_password(self):
        self.saved.save()
        again = samples.settings(places=self.places, password=settings.password(self.places))
        self.assertTrue(again.is_saved())

    def test_other_settings_are_told_from_those_saved(self):
        self.saved.save()
        self.assertFalse(dataclasses.replace(self.saved, secure=True).is_saved())

    def test_each_new_stack_has_a_password_of_its_own(self):
        self.assertNotEqual(settings.password(self.places), settings.password(self.places))

    def test_cinder_is_in_the_group_of_the_volumes_unless_it_is_root(self):
        self.assertEqual((9000,), samples.settings().cinder.groups)
        self.assertIsNone(samples.settings(cinder_user='root').cinder)
