# SPDX-License-Identifier: Apache-2.0
import textwrap
import unittest

from nova_assist.conformance.calls import calls_in
from tests.unit.nova_assist.conformance.test_signatures import signature


def only_call(source):
    [call] = calls_in(textwrap.dedent(source), 'manager.py')
    return call


class CallsTest(unittest.TestCase):
    def test_what_is_passed_and_where(self):
        call = only_call("""
            class Manager:
                def detach(self, volume):
                    self.driver.terminate_connection(volume, None, force=True)
        """)
        self.assertEqual('terminate_connection', call.method)
        self.assertEqual((2, ('force',)), (call.positional, call.keywords))
        self.assertEqual('terminate_connection(volume, None, force=True)', call.text)
        self.assertEqual('manager.py:4', call.where)

    def test_call_of_a_driver_that_was_passed(self):
        self.assertEqual('get_version', only_call('driver.get_version()').method)

    def test_calls_of_others_are_passed_over(self):
        source = 'self.db.get(1)\nself.driver.pools.clear()\nself.driver.host\nother.driver.get()'
        self.assertEqual([], calls_in(source, 'manager.py'))

    def test_call_within_a_call(self):
        calls = calls_in('self.driver.a(self.driver.b())', 'manager.py')
        self.assertEqual(['a', 'b'], [call.method for call in calls])

    def test_refusal_that_is_expected(self):
        call = only_call("""
            try:
                self.driver.revert()
            except (NotImplementedError, AttributeError):
                revert_slowly()
        """)
        self.assertTrue(call.may_be_refused)

    def test_refusal_that_is_not_expected(self):
        call = only_call("""
            try:
                prepare()
            except NotImplementedError:
                self.driver.revert()
            except Exception:
                raise
        """)
        self.assertFalse(call.may_be_refused)

    def test_other_failure_that_is_expected(self):
        call = only_call('try:\n    self.driver.revert()\nexcept ValueError:\n    pass')
        self.assertFalse(call.may_be_refused)


class ObstacleTest(unittest.TestCase):
    def obstacle(self, source, parameters):
        return only_call(source).obstacle(signature(parameters))

    def test_call_that_works(self):
        source = 'self.driver.terminate(volume, connector, force=True)'
        self.assertIsNone(self.obstacle(source, 'volume, connector, **kwargs'))
        self.assertIsNone(self.obstacle(source, 'a, b, force'))

    def test_keyword_that_is_not_taken(self):
        told = self.obstacle('self.driver.terminate(volume, force=True)', 'volume')
        self.assertIn('Cinder calls terminate(volume, force=True) (manager.py:1)', told)
        self.assertIn("unexpected keyword argument 'force'", told)

    def test_too_much_is_passed(self):
        self.assertIn('too many', self.obstacle('self.driver.migrate(a, b)', 'volume'))

    def test_too_little_is_passed(self):
        self.assertIn("'size'", self.obstacle('self.driver.create(a)', 'volume, size'))

    def test_what_is_passed_in_a_row_can_not_be_counted(self):
        self.assertIsNone(self.obstacle('self.driver.create(a, *more)', 'volume, size'))
        self.assertIsNone(self.obstacle('self.driver.create(a, **more)', 'volume, size'))
