# SPDX-License-Identifier: Apache-2.0
import unittest

from oslo_config import cfg

from nova_assist.conformance.checklist import check
from nova_assist.conformance.findings import Severity


class Base:
    """Cinder's."""

    VERSION = 'N/A'
    SUPPORTED = True

    @staticmethod
    def get_driver_options():
        return []


Base.__module__ = 'foundation'


class Good(Base):
    """A driver."""

    VERSION = '1.0'
    CI_WIKI_NAME = 'Vendor_CI'

    @staticmethod
    def get_driver_options():
        return [cfg.StrOpt('vendor_pool', help='The pool.')]


def options(*values):
    return staticmethod(lambda: list(values))


class CheckTest(unittest.TestCase):
    def told(self, registered=True, **attributes):
        """Return what is told of a driver that differs in ``attributes`` from a good one."""
        cls = type('Driver', (Good,), {'__doc__': 'A driver.', **attributes})
        return [*check(cls, registered=registered, foundation={'foundation'})]

    def found(self, point, **attributes):
        [finding] = self.told(**attributes)
        self.assertEqual(point, finding.point)
        return finding.found

    def test_driver_that_has_all(self):
        self.assertEqual([], self.told())

    def test_driver_that_has_none_of_its_own(self):
        cls = type('Driver', (Base,), {})
        told = {
            each.point: each.severity
            for each in check(cls, registered=False, foundation={'foundation'})
        }
        missing = dict.fromkeys(
            ('VERSION', 'CI_WIKI_NAME', 'docstring', 'volumedriver'), Severity.ERROR
        )
        self.assertEqual({**missing, 'get_driver_options': Severity.HINT}, told)

    def test_text_without_one(self):
        self.assertEqual("' '", self.found('VERSION', VERSION=' '))
        self.assertEqual('1.0', self.found('VERSION', VERSION=1.0))
        self.assertEqual('None', self.found('CI_WIKI_NAME', CI_WIKI_NAME=None))

    def test_driver_that_is_not_supported(self):
        self.assertEqual('False', self.found('SUPPORTED', SUPPORTED=False))

    def test_docstring_of_a_base_class_is_none(self):
        self.found('docstring', __doc__=None)

    def test_class_that_is_not_registered(self):
        self.found('volumedriver', registered=False)

    def test_options_that_are_none(self):
        for value, told in {
            options(cfg.StrOpt('pool', help=' '), cfg.IntOpt('port')): 'help text: pool, port',
            options('pool'): "no option: 'pool'",
            staticmethod(lambda: None): 'it returns NoneType',
            staticmethod(lambda: 1 / 0): 'it fails: ZeroDivisionError',
            (lambda self: []): 'a method of instances',
        }.items():
            with self.subTest(told):
                self.assertIn(told, self.found('get_driver_options', get_driver_options=value))
