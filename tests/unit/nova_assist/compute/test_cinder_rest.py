# SPDX-License-Identifier: Apache-2.0
"""Cinder is asked for a microversion before a call that needs it."""

import asyncio
import types
import unittest

from nova_assist.compute import errors
from nova_assist.compute.cinder_rest import CinderRest, Version

WANTED = Version('3.44', asked_for=True)


class RequiredVersionTest(unittest.TestCase):
    def call(self, answer):
        """Make a call of a Cinder that answers this when it is asked for its versions."""
        answered = types.SimpleNamespace(json=lambda: answer)
        session = types.SimpleNamespace(get=lambda url: answered)
        rest = CinderRest(
            'http://cinder/v3', types.SimpleNamespace(session=lambda url, token: session)
        )
        made = rest.call('token', 'reserving', lambda client: 'called', WANTED)
        return asyncio.run(asyncio.wait_for(made, 10))

    def test_call_is_made_where_cinder_has_it(self):
        self.assertEqual('called', self.call({'versions': [{'id': 'v3.0', 'version': '3.44'}]}))

    def test_call_is_refused_where_cinder_is_older_or_does_not_say(self):
        older = {'versions': [{'id': 'v3.0', 'version': '3.43'}]}
        for answer in (older, {'versions': [{'id': 'v2.0'}]}, {'versions': []}, {}, []):
            with self.subTest(answer), self.assertRaises(errors.CinderError):
                self.call(answer)
