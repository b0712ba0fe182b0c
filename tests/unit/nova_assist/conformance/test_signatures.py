# SPDX-License-Identifier: Apache-2.0
import inspect
import unittest

from nova_assist.conformance.signatures import Weight, differences


def signature(parameters):
    """Return the signature of a function with ``parameters``, written as in a definition."""
    space = {}
    exec(f'def function({parameters}): pass', space)
    return inspect.signature(space['function'])


class DifferencesTest(unittest.TestCase):
    def compare(self, found, declared, base=None):
        base = None if base is None else signature(base)
        return differences(signature(found), signature(declared), base)

    def assert_told(self, expected, found, declared, base=None):
        told = self.compare(found, declared, base)
        self.assertEqual(expected, [(each.weight, each.text) for each in told])

    def test_the_same_parameters(self):
        self.assert_told([], 'context, volume, remote=None', 'context, volume, remote=None')

    def test_annotations_are_of_no_account(self):
        self.assert_told([], 'volume: object, size: "int" = 1', 'volume, size=1')

    def test_parameter_that_is_missing(self):
        self.assert_told([(Weight.SHAPE, 'size is missing')], 'volume', 'volume, size')

    def test_first_of_three_is_missing(self):
        told = [(Weight.SHAPE, 'context is missing')]
        self.assert_told(told, 'volume, host', 'context, volume, host')

    def test_optional_parameter_that_is_missing(self):
        self.assert_told([(Weight.SHAPE, 'refresh is missing')], '', 'refresh=False')

    def test_optional_parameter_that_the_base_class_does_without(self):
        self.assert_told([], 'volume', 'volume, data=None', base='volume')

    def test_required_parameter_that_the_base_class_does_without(self):
        told = [(Weight.SHAPE, 'data is missing')]
        self.assert_told(told, 'volume', 'volume, data', base='volume, data=None')

    def test_further_parameter(self):
        told = [(Weight.SHAPE, 'size is required, and not declared')]
        self.assert_told(told, 'volume, size', 'volume')
        self.assert_told(told, 'volume, *, size', 'volume')

    def test_further_parameter_that_is_optional(self):
        self.assert_told([], 'volume, size=1, *, fast=False', 'volume')

    def test_another_name(self):
        told = [(Weight.NAME, 'vol should be named volume')]
        self.assert_told(told, 'vol, size', 'volume, size')

    def test_name_that_the_base_class_has_too(self):
        self.assert_told([], 'ctxt, volume', 'context, volume', base='ctxt, volume')

    def test_another_order(self):
        told = [(Weight.ORDER, 'volume, snapshot should come first, in this order')]
        self.assert_told(told, 'snapshot, volume', 'volume, snapshot')

    def test_optional_parameter_in_between(self):
        told = [(Weight.ORDER, 'volume, host should come first, in this order')]
        self.assert_told(told, 'volume, fast=False, host=None', 'volume, host=None')

    def test_optional_parameter_that_is_required(self):
        told = [(Weight.SHAPE, 'refresh should be optional, with the default False')]
        self.assert_told(told, 'refresh', 'refresh=False')

    def test_required_parameter_that_is_optional(self):
        self.assert_told([], 'volume=None', 'volume')

    def test_another_default(self):
        told = [(Weight.SHAPE, 'the default of refresh is True, not False')]
        self.assert_told(told, 'refresh=True', 'refresh=False')

    def test_default_that_the_base_class_has_too(self):
        self.assert_told([], 'refresh=True', 'refresh=False', base='refresh=True')

    def test_arguments_that_take_everything(self):
        self.assert_told([], '*args, **kwargs', 'context, volume, remote=None')
        self.assert_told([], 'context, *args', 'context, volume, remote=None')

    def test_keywords_take_what_is_optional_alone(self):
        self.assert_told([], 'volume, **kwargs', 'volume, remote=None')
        self.assert_told([(Weight.SHAPE, 'volume is missing')], '**kwargs', 'volume')

    def test_parameter_that_is_taken_by_name_only(self):
        self.assert_told([(Weight.SHAPE, 'size is taken by name only')], '*, size', 'size')

    def test_several_differences_are_all_told(self):
        told = self.compare('vol, extra', 'volume, size=1')
        self.assertEqual(
            [
                'vol should be named volume',
                'extra should be named size',
                'extra should be optional, with the default 1',
            ],
            [str(each) for each in told],
        )
