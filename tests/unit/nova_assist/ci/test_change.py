# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.ci.change import Change, from_environment


class ChangeTest(unittest.TestCase):
    def test_ref_has_the_last_two_digits_of_the_number(self):
        self.assertEqual('refs/changes/56/657856/2', Change('openstack/cinder', 657856, 2).ref)
        self.assertEqual('refs/changes/05/705/11', Change('openstack/cinder', 705, 11).ref)

    def test_devstack_is_told_which_code(self):
        cinder = Change('openstack/cinder', 657856, 2).settings()
        self.assertIn('CINDER_BRANCH=refs/changes/56/657856/2\n', cinder)
        self.assertNotIn('LIBS_FROM_GIT', cinder)
        brick = Change('openstack/os-brick', 7, 1).settings()
        self.assertIn('OS_BRICK_BRANCH=refs/changes/07/7/1\n', brick)
        self.assertIn('LIBS_FROM_GIT=os-brick\n', brick)

    def test_environment_of_jenkins_and_of_zuul(self):
        for prefix, number, patchset in (
            ('GERRIT', 'CHANGE_NUMBER', 'PATCHSET_NUMBER'),
            ('ZUUL', 'CHANGE', 'PATCHSET'),
        ):
            variables = {
                f'{prefix}_PROJECT': 'openstack/cinder',
                f'{prefix}_{number}': '657856',
                f'{prefix}_{patchset}': '2',
            }
            self.assertEqual(
                Change('openstack/cinder', 657856, 2), from_environment(variables), prefix
            )

    def test_environment_that_tells_of_no_change_of_cinder(self):
        whole = {'ZUUL_PROJECT': 'openstack/cinder', 'ZUUL_CHANGE': '1', 'ZUUL_PATCHSET': '2'}
        for variables in (
            {},
            {**whole, 'ZUUL_PROJECT': 'openstack/nova'},
            {**whole, 'ZUUL_CHANGE': '1; reboot'},
            {**whole, 'ZUUL_PATCHSET': ''},
        ):
            self.assertIsNone(from_environment(variables), variables)
