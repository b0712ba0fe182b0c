# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.conformance.calls import calls_in
from nova_assist.conformance.comparing import compare
from nova_assist.conformance.contracts import Demand
from nova_assist.conformance.findings import Severity
from nova_assist.conformance.methods import Method, Presence
from tests.unit.nova_assist.conformance.test_signatures import signature


class CompareTest(unittest.TestCase):
    def compare(self, found, declared, *calls, **fields):
        method = Method('work', Presence.IMPLEMENTED, signature=signature(found))
        made = tuple(call for source in calls for call in calls_in(source, 'm.py'))
        return compare(method, Demand(signature(declared), calls=made, **fields))

    def severity(self, *args, **fields):
        found = self.compare(*args, **fields)
        return found and found[0]

    def test_as_declared(self):
        self.assertIsNone(self.compare('volume', 'volume', 'driver.work(volume)'))

    def test_other_names_where_values_are_passed_by_place(self):
        severity, told = self.compare('vol', 'volume', 'driver.work(v)')
        self.assertEqual((Severity.HINT, 'vol should be named volume'), (severity, told))

    def test_other_names_where_values_are_passed_by_name(self):
        self.assertIs(Severity.ERROR, self.severity('vol', 'volume', 'driver.work(volume=v)'))

    def test_one_call_of_two_fails(self):
        calls = ('driver.work(v)', 'driver.work(v, force=True)')
        self.assertIs(Severity.ERROR, self.severity('volume', 'volume', *calls))

    def test_not_as_declared_and_every_call_works(self):
        found = self.severity('volume, force', 'volume', 'driver.work(v, force=True)')
        self.assertIs(Severity.HINT, found)

    def test_not_as_declared_and_no_call_is_known(self):
        self.assertIs(Severity.ERROR, self.severity('volume, force', 'volume'))

    def test_another_order_works_and_is_wrong(self):
        self.assertIs(Severity.ERROR, self.severity('b, a', 'a, b', 'driver.work(1, 2)'))

    def test_method_that_no_interface_declares_has_to_take_what_is_passed(self):
        free = {'in_interface': False}
        self.assertIsNone(self.compare('vol, force', 'volume', 'driver.work(v, 1)', **free))
        self.assertIs(Severity.ERROR, self.severity('v', 'v, w', 'driver.work(v, 1)', **free))
        self.assertIsNone(self.compare('vol', 'volume', **free))
        self.assertIs(Severity.ERROR, self.severity('volume', 'volume, groups=None', **free))

    def test_property_and_method_are_not_the_same(self):
        self.assertIs(Severity.ERROR, self.severity('', '', is_property=True))
        method = Method('work', Presence.IMPLEMENTED, is_property=True)
        severity, told = compare(method, Demand(signature('')))
        self.assertIs(Severity.ERROR, severity)
        self.assertIn('it is a property', told)
        self.assertIsNone(compare(method, Demand(signature(''), is_property=True)))
