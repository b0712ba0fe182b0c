# SPDX-License-Identifier: Apache-2.0
"""Who asks, where every token is believed, and what roles are worth."""

import asyncio
import contextlib
import unittest

from aiohttp.test_utils import make_mocked_request

from nova_assist.compute import errors
from nova_assist.compute.api.context import ADMINS, ASSISTING, CHANGING, Context, believe


def believed(**headers):
    named = {name.replace('_', '-'): value for name, value in headers.items()}
    return asyncio.run(believe(make_mocked_request('GET', '/', headers=named)))


def allowed(caller):
    found = set()
    for roles in (ADMINS, ASSISTING, CHANGING):
        with contextlib.suppress(errors.Forbidden):
            caller.require('rule', roles)
            found.add(roles)
    return found


class BelieveTest(unittest.TestCase):
    def test_token_names_user_and_project(self):
        caller = believed(X_Auth_Token='demo:home')
        roles = frozenset(('member', 'reader'))
        self.assertEqual(Context('demo', 'home', 'demo:home', (2, 1), roles), caller)

    def test_some_users_may_do_everything(self):
        everything = {ADMINS, ASSISTING, CHANGING}
        users = (('admin', everything), ('cinder', everything), ('demo', {CHANGING}))
        for user, expected in users:
            self.assertEqual(expected, allowed(believed(X_Auth_Token=f'{user}:demo')), user)

    def test_no_token_is_refused(self):
        with self.assertRaises(errors.Unauthorized):
            believed(X_Roles='admin')


class RolesTest(unittest.TestCase):
    def test_each_role_allows_what_it_is_there_for(self):
        for roles, expected in (
            ({'admin', 'member', 'reader'}, {ADMINS, ASSISTING, CHANGING}),
            ({'service'}, {ASSISTING}),
            ({'manager', 'member', 'reader'}, {CHANGING}),
            ({'reader'}, set()),
            (set(), set()),
        ):
            caller = Context('admin', 'admin', 'token', (2, 1), frozenset(roles))
            self.assertEqual(expected, allowed(caller), roles)
            self.assertEqual('admin' in roles, caller.admin)
