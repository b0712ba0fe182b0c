# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.conformance.claims import Claimant
from nova_assist.conformance.contracts import Contract


class Managing:
    def manage(self, volume): ...


class Foundation(Managing):
    def manage(self, volume):
        raise NotImplementedError

    def unmanage(self, volume):
        print('unmanaged')


Foundation.__module__ = Managing.__module__ = 'foundation'


class Plain(Foundation):
    """Claims nothing."""


class Deriving(Plain, Managing):
    """Claims by its base."""


class Defining(Plain):
    SUPPORTS_CLUSTERS = True

    def unmanage(self, volume):
        return volume


class Refusing(Plain):
    def unmanage(self, volume):
        raise NotImplementedError


class Reporting(Plain):
    def stats(self):
        stats = {'managing': True, 'grouping': False, **self.more()}
        stats['copying'] = True
        return stats

    def more(self):
        return {}


class ClaimantTest(unittest.TestCase):
    def reason(self, cls, **fields):
        fields = {'signs': frozenset({'manage', 'unmanage'}), 'mixins': (Managing,), **fields}
        return Claimant(cls, {'foundation'}).reason(Contract('managing', {}, **fields))

    def test_what_every_driver_has_from_the_foundation_claims_nothing(self):
        self.assertIsNone(self.reason(Plain))

    def test_base(self):
        self.assertEqual('derives from Managing', self.reason(Deriving))

    def test_method_of_its_own(self):
        self.assertEqual('defines unmanage', self.reason(Defining))
        self.assertEqual('defines unmanage', self.reason(type('Heir', (Defining,), {})))

    def test_method_that_refuses(self):
        self.assertIsNone(self.reason(Refusing))

    def test_capability(self):
        for name, reason in {
            'managing': 'reports managing',
            'copying': 'reports copying',
            'grouping': None,
        }.items():
            with self.subTest(name):
                self.assertEqual(reason, self.reason(Reporting, capabilities=frozenset({name})))

    def test_flag_has_to_be_set_besides(self):
        told = 'defines unmanage, sets SUPPORTS_CLUSTERS'
        self.assertEqual(told, self.reason(Defining, flag='SUPPORTS_CLUSTERS'))
        self.assertIsNone(self.reason(Defining, flag='SUPPORTS_NOTHING'))
        self.assertIsNone(self.reason(Plain, flag='SUPPORTS_CLUSTERS'))

    def test_mandatory(self):
        self.assertEqual('mandatory', self.reason(Plain, mandatory=True))
