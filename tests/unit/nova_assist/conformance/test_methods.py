# SPDX-License-Identifier: Apache-2.0
import abc
import functools
import unittest

from nova_assist.conformance.methods import Presence, look


def locked(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


class Base(abc.ABC):
    @abc.abstractmethod
    def abstract(self): ...

    def refusing(self, volume):
        """Do it."""
        message = 'not here'
        raise NotImplementedError(message)

    def refusing_at_once(self):
        raise NotImplementedError

    def sometimes(self, volume):
        if volume:
            return volume
        raise NotImplementedError

    def other_error(self):
        raise ValueError('no')

    def empty(self):
        """Do nothing."""
        return

    def returning(self):
        return None, False

    def delegating(self, volume):
        return self.refusing(volume)

    def delegating_to_work(self, volume):
        return self.sometimes(volume)

    def delegating_to_itself(self):
        return self.delegating_to_itself()

    def inherited(self, volume: object, size: int = 1) -> None:
        return print(volume, size)

    @locked
    def decorated(self, volume, host=None):
        return host

    @locked
    def decorated_refusal(self):
        raise NotImplementedError

    @staticmethod
    def static(volume):
        return volume

    @classmethod
    def of_class(cls, volume):
        return volume

    @property
    def supported(self):
        return True

    @functools.cached_property
    def cached(self):
        return 1

    value = None
    kept = [].append
    partial = functools.partialmethod(inherited, size=2)


class Driver(Base):
    def abstract(self):
        return 1


class LookTest(unittest.TestCase):
    def test_how_a_method_is_there(self):
        expected = {
            'nothing': Presence.ABSENT,
            'refusing': Presence.REFUSING,
            'refusing_at_once': Presence.REFUSING,
            'sometimes': Presence.IMPLEMENTED,
            'other_error': Presence.IMPLEMENTED,
            'empty': Presence.EMPTY,
            'returning': Presence.IMPLEMENTED,
            'delegating': Presence.REFUSING,
            'delegating_to_work': Presence.IMPLEMENTED,
            'delegating_to_itself': Presence.IMPLEMENTED,
            'decorated': Presence.IMPLEMENTED,
            'decorated_refusal': Presence.REFUSING,
            'abstract': Presence.IMPLEMENTED,
            'value': Presence.NO_METHOD,
            'cached': Presence.NO_METHOD,
            'kept': Presence.IMPLEMENTED,
            'partial': Presence.IMPLEMENTED,
        }
        for name, presence in expected.items():
            with self.subTest(name):
                self.assertIs(presence, look(Driver, name).presence)
        self.assertIs(Presence.ABSTRACT, look(Base, 'abstract').presence)

    def test_whose_it_is(self):
        self.assertIs(Driver, look(Driver, 'abstract').owner)
        self.assertIs(Base, look(Driver, 'inherited').owner)

    def test_parameters_are_those_that_callers_meet(self):
        for name, text in {
            'inherited': 'inherited(volume, size=1)',
            'decorated': 'decorated(volume, host=None)',
            'static': 'static(volume)',
            'of_class': 'of_class(volume)',
            'partial': 'partial(volume, *, size=2)',
        }.items():
            with self.subTest(name):
                self.assertEqual(text, str(look(Driver, name)))

    def test_property(self):
        self.assertTrue(look(Driver, 'supported').is_property)
        self.assertTrue(look(Driver, 'cached').is_property)
        self.assertFalse(look(Driver, 'inherited').is_property)

    def test_function_without_a_source(self):
        space = {}
        exec('def create(self, volume): raise NotImplementedError', space)
        method = look(type('Made', (), {'create': space['create']}), 'create')
        self.assertIs(Presence.IMPLEMENTED, method.presence)
        self.assertEqual('create(volume)', str(method))
