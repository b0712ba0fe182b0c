# SPDX-License-Identifier: Apache-2.0
import difflib
import pathlib
import unittest

from nova_assist.ci import local_conf
from nova_assist.ci.change import Change

_ROOT = pathlib.Path(__file__).parents[4]
_SAMPLE = _ROOT / 'devstack/samples/vendor.conf'


class LocalConfTest(unittest.TestCase):
    def test_sample_is_the_one_that_the_devstack_tests_and_the_documentation_use(self):
        self.assertTrue(_SAMPLE.samefile(_ROOT / 'nova_assist/ci/vendor.conf'))
        self.assertEqual(_SAMPLE.read_text(), local_conf.sample())
        page = _ROOT / 'doc/source/third-party-ci.rst'
        self.assertIn('.. literalinclude:: ../../devstack/samples/vendor.conf', page.read_text())

    def test_three_lines_are_all_that_a_vendor_edits(self):
        filled = local_conf.fill('vendor.nfs.Driver', '[2001:db8::1]:/vol/ci')
        changed = difflib.ndiff(local_conf.sample().splitlines(), filled.splitlines())
        self.assertEqual(
            [
                '+ NFS_DRIVER=vendor.nfs.Driver',
                '+ NFS_EXPORT_HOST=[2001:db8::1]',
                '+ NFS_EXPORT_DIR=/vol/ci',
            ],
            [line for line in changed if line.startswith('+ ')],
        )

    def test_change_comes_after_it(self):
        change = Change('openstack/cinder', 657856, 2)
        filled = local_conf.fill('vendor.nfs.Driver', 'filer:/ci', change)
        plain = local_conf.fill('vendor.nfs.Driver', 'filer:/ci')
        self.assertTrue(filled.startswith(plain))
        self.assertTrue(filled.endswith(change.settings()))
