# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import unittest

from nova_assist.compute import errors
from nova_assist.compute.api import views
from nova_assist.compute.api.context import Context
from nova_assist.compute.model import TaskState, VmState
from nova_assist.compute.servers import require_state
from tests.unit.nova_assist.compute import samples

OLD = Context('user', 'demo', 'user:demo', (2, 1))
NEW = Context('admin', 'demo', 'admin:demo', (2, 96))


class RequireStateTest(unittest.TestCase):
    def test_a_state_that_fits_is_let_through(self) -> None:
        require_state(samples.server(), 'stop', (VmState.ACTIVE,))

    def test_another_vm_state_is_a_conflict(self) -> None:
        with self.assertRaisesRegex(errors.Conflict, 'while it is in vm_state active'):
            require_state(samples.server(), 'start', (VmState.STOPPED,))

    def test_a_task_under_way_is_a_conflict(self) -> None:
        server = samples.server(task_state=TaskState.POWERING_OFF)
        with self.assertRaisesRegex(errors.Conflict, 'while it is in task_state powering-off'):
            require_state(server, 'stop', (VmState.ACTIVE,))

    def test_a_server_that_never_ran_is_a_conflict(self) -> None:
        with self.assertRaisesRegex(errors.Conflict, 'is in an invalid state'):
            require_state(samples.server(launched_at=None), 'stop', (VmState.ACTIVE,))


class ViewTest(unittest.TestCase):
    def test_a_running_server_shows_no_fault(self) -> None:
        self.assertNotIn('fault', views.full(samples.server(), NEW, 'http://h'))

    def test_a_server_in_error_shows_why(self) -> None:
        view = views.full(samples.server(vm_state=VmState.ERROR), NEW, 'http://h')
        self.assertEqual((view['status'], view['fault']['message']), ('ERROR', 'it broke'))

    def test_a_rebooting_server_is_no_more_active(self) -> None:
        for task, status in (('rebooting', 'REBOOT'), ('rebooting_hard', 'HARD_REBOOT')):
            with self.subTest(task):
                server = samples.server(task_state=TaskState(task))
                self.assertEqual(views.status(server), status)

    def test_the_oldest_version_shows_only_what_it_had(self) -> None:
        view = views.full(samples.server(), OLD, 'http://h')
        self.assertEqual(view['flavor']['id'], '1')
        self.assertNotIn('tags', view)
        self.assertNotIn('OS-EXT-SRV-ATTR:host', view)
        self.assertEqual(
            view['os-extended-volumes:volumes_attached'],
            [{'id': samples.VOLUME_ID}, {'id': 'reserved'}],
        )

    def test_the_newest_version_shows_the_flavor_itself(self) -> None:
        view = views.full(samples.server(), NEW, 'http://h')
        self.assertEqual(view['flavor']['original_name'], 'm1.tiny')
        self.assertEqual(view['tags'], [])
