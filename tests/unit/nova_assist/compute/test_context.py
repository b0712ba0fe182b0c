# SPDX-License-Identifier: Apache-2.0
"""Who asks, where every token is believed, and what roles are worth."""

import asyncio
import unittest

from aiohttp.test_utils import make_mocked_request

from nova_assist.compute import errors
from nova_assist.compute.api.context import Context, believe


def believed(**headers):
    named = {name.replace('_', '-'): value for name, value in headers.items()}
    return asyncio.run(believe(make_mocked_request('GET', '/', headers=named)))


class BelieveTest(unittest.TestCase):
    def test_token_names_user_and_project(self):
        caller = believed(X_Auth_Token='demo:home')
        self.assertEqual(Context('demo', 'home', 'demo:home', (2, 1)), caller)

    def test_some_users_are_privileged(self):
        for user, expected in (('admin', True), ('cinder', True), ('demo', False)):
            self.assertEqual(expected, believed(X_Auth_Token=f'{user}:demo').privileged, user)

    def test_no_token_is_refused(self):
        with self.assertRaises(errors.Unauthorized):
            believed(X_Roles='admin')


class RolesTest(unittest.TestCase):
    def test_administrators_and_services_are_privileged(self):
        for roles, expected in (
            ({'admin', 'member'}, True),
            ({'service'}, True),
            ({'manager', 'member', 'reader'}, False),
            (set(), False),
        ):
            caller = Context('admin', 'admin', 'token', (2, 1), frozenset(roles))
            self.assertEqual(expected, caller.privileged, roles)

    def test_roles_of_the_service_in_between_are_not_the_users(self):
        services = frozenset(('admin', 'service'))
        caller = Context('demo', 'demo', 'token', (2, 1), service_roles=services)
        self.assertFalse(caller.privileged)
