# SPDX-License-Identifier: Apache-2.0
import dataclasses
import unittest

from tempest_plugin.config import Settings
from tempest_plugin.judges.permissions import Expectation, faults
from tempest_plugin.share.files import VolumeFile
from tests.unit.tempest_plugin import support

GOOD = VolumeFile('volume-1', 500, 'cinder', 600, 'storage', 0o660, 4096)
STRICT = Expectation('cinder', 'storage', 0o660, secure=True)


class PermissionsTest(unittest.TestCase):
    def test_good_files_have_no_fault(self):
        files = [GOOD, dataclasses.replace(GOOD, path='volume-1.info')]
        self.assertEqual([], faults(files, STRICT))

    def test_names_and_ids_are_alike(self):
        self.assertEqual([], faults([GOOD], Expectation('500', '600', 0o660)))

    def test_each_bad_file_is_one_fault(self):
        for change, told in (
            ({'uid': 501, 'user': 'libvirt-qemu'}, 'owned by libvirt-qemu (501), expected cinder'),
            ({'gid': 0, 'group': 'root'}, 'of group root (0), expected storage'),
            ({'mode': 0o640}, 'mode 0640, expected 0660'),
            ({'mode': 0o2660}, 'mode 2660, expected 0660'),
        ):
            with self.subTest(told):
                bad = dataclasses.replace(GOOD, **change)
                (fault,) = faults([GOOD, bad, GOOD], STRICT)
                self.assertIn(told, fault)

    def test_secure_mode_alone_refuses_rights_of_others_and_root(self):
        for change, told in (
            ({'mode': 0o664}, 'gives others rights in secure mode: mode 0664'),
            ({'mode': 0o661}, 'gives others rights'),
            ({'uid': 0, 'user': 'root'}, 'owned by root in secure mode'),
        ):
            with self.subTest(told):
                bad = dataclasses.replace(GOOD, **change)
                (fault,) = faults([bad], Expectation(secure=True))
                self.assertIn(told, fault)
                self.assertEqual([], faults([bad], Expectation()))

    def test_a_name_that_is_somebody_elses_id_is_a_fault(self):
        self.assertEqual(1, len(faults([GOOD], Expectation(owner='600'))))

    def test_expectation_is_that_of_the_options(self):
        conf = support.configuration(
            file_owner='cinder', file_group='600', file_mode='0660', secure_mode=True
        )
        expected = Expectation.of(Settings.of(conf))
        self.assertEqual(Expectation('cinder', '600', 0o660, secure=True), expected)
        self.assertFalse(expected.nothing)
        self.assertTrue(Expectation.of(Settings.of(support.configuration())).nothing)
