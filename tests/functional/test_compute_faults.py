# SPDX-License-Identifier: Apache-2.0
"""The compute service misbehaves as it is told to, and fails writes as a share would."""

from __future__ import annotations

import errno
from typing import Any

import requests

from nova_assist.compute import errors
from nova_assist.compute.faults import ANSWERS, Fault
from nova_assist.compute.model import ImageFormat
from tests.functional import test_compute_guest
from tests.functional.compute_support import ComputeTest


class FaultsTest(ComputeTest):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.boot()
        self.volume = self.attach(self.server)
        self.base = f'volume-{self.volume}'
        self.assisted = self.nova('cinder:service', '2.1').assisted_volume_snapshots

    def call(self, method: str, body: object = None, token: str = 'admin:demo') -> Any:
        url = self.compute.url.removesuffix('/v2.1')
        headers = {'X-Auth-Token': token}
        return requests.request(
            method, f'{url}/assist/faults/{self.volume}', json=body, headers=headers
        )

    def fault(self, fault: Fault) -> None:
        self.assertEqual(self.call('PUT', {'fault': fault.value}).status_code, 200)

    def state(self) -> dict[str, Any]:
        return dict(self.call('GET').json()['fault'])

    def lift(self) -> None:
        """Lift the fault, and wait for the end of what has met it."""
        self.assertEqual(self.call('DELETE').status_code, 204)
        self.until(lambda: not self.state()['under_way'], 'all requests have ended')

    def create(self, name: str = 's1') -> None:
        self.assisted.create(self.volume, self.make_overlay(self.volume, name))

    def delete(self, snapshot_id: str, merged: str | None, target: str | None) -> None:
        info = {'volume_id': self.volume, 'type': 'qcow2'}
        self.assisted.delete(
            snapshot_id, {**info, 'file_to_merge': merged, 'merge_target_file': target}
        )

    def test_a_fault_is_told_until_it_is_met(self) -> None:
        self.assertEqual(self.call('GET').status_code, 404)
        self.fault(Fault.SILENT)
        expected = {'name': 'silent', 'times': 1, 'met': 0, 'held': 0, 'under_way': 0}
        self.assertEqual(self.state(), expected)
        self.create()
        self.until(lambda: self.state()['met'] == 1, 'the fault is met')
        self.assertEqual(self.state()['times'], 0)

    def test_an_unknown_fault_and_an_ordinary_user_are_refused(self) -> None:
        self.assertEqual(self.call('PUT', {'fault': 'sulks'}).status_code, 400)
        self.assertEqual(self.call('PUT', {'fault': 'silent', 'times': 0}).status_code, 400)
        for method in ('PUT', 'GET', 'DELETE'):
            answer = self.call(method, {'fault': 'silent'}, token='user:demo')
            self.assertEqual(answer.status_code, 403)

    def test_requests_are_refused_with_each_code_and_then_taken(self) -> None:
        for fault, code in ANSWERS.items():
            with self.subTest(fault.value):
                self.fault(fault)
                self.refused(code, self.create)
                self.fault(fault)
                self.refused(code, lambda: self.delete('s1', None, None))
        self.snapshot(self.volume, 's1')

    def test_a_migrating_server_is_refused_in_novas_words(self) -> None:
        self.fault(Fault.MIGRATING)
        said = self.refused(400, self.create)
        self.assertIn('in task_state migrating. Cannot do_volume_snapshot_create', said)

    def test_a_claim_leaves_the_guest_where_it_was(self) -> None:
        self.fault(Fault.FALSE_CLAIM)
        self.create()
        self.assertEqual(self.told()[:3], ('s1', 'creating', '90%'))
        self.assertEqual(self.chain(self.server), [self.base])

    def test_work_that_is_done_is_reported_as_failed(self) -> None:
        self.fault(Fault.DONE_BUT_ERROR)
        self.create()
        self.assertEqual(self.told()[:3], ('s1', 'error', '90%'))
        self.assertEqual(self.chain(self.server), ['s1', self.base])

    def test_reports_are_made_twice_of_another_and_with_an_expired_token(self) -> None:
        self.fault(Fault.TWICE)
        self.create('s1')
        self.assertEqual([self.told()[:2] for _ in '12'], [('s1', 'creating')] * 2)
        self.fault(Fault.OTHER_SNAPSHOT)
        self.create('s2')
        self.assertNotEqual(self.told()[0], 's2')
        self.fault(Fault.TOKEN_EXPIRED)
        self.create('s3')
        self.assertEqual(self.told(), ('s3', 'creating', '90%', 'expired:token'))

    def test_work_is_held_until_the_fault_is_lifted(self) -> None:
        self.fault(Fault.EARLY_CLAIM)
        self.create()
        self.assertEqual(self.told()[:3], ('s1', 'creating', '90%'))
        self.until(lambda: self.state()['held'] == 1, 'the request is held')
        self.assertEqual(self.chain(self.server), [self.base])
        self.lift()
        self.assertEqual(self.chain(self.server), ['s1', self.base])

    def test_nobody_is_told_of_a_server_that_went_away_meanwhile(self) -> None:
        self.fault(Fault.LATE_WORK)
        self.create()
        self.until(lambda: self.state()['held'] == 1, 'the request is held')
        self.nova().servers.delete(self.server)
        self.until(lambda: not self.nova().servers.list(), 'the server is gone')
        self.lift()
        self.assertTrue(self.cinder.told.empty())


class RestingTest(ComputeTest):
    def test_a_server_is_paused_shelved_and_woken(self) -> None:
        server = self.boot()
        servers = self.nova().servers
        servers.pause(server)
        self.until_status(server, 'PAUSED')
        said = self.refused(409, lambda: servers.pause(server))
        self.assertIn("Cannot 'pause' instance", said)
        self.refused(409, lambda: servers.stop(server))
        servers.unpause(server)
        self.until_status(server, 'ACTIVE')
        self.refused(409, lambda: servers.unshelve(server))
        servers.shelve(server)
        self.until_status(server, 'SHELVED_OFFLOADED')
        self.refused(409, lambda: servers.start(server))
        servers.unshelve(server)
        self.until_status(server, 'ACTIVE')

    def test_a_paused_server_is_still_paused_after_a_restart_of_the_service(self) -> None:
        server = self.boot()
        self.nova().servers.pause(server)
        self.until_status(server, 'PAUSED')
        self.compute.end()
        self.compute.start()
        self.until_status(server, 'PAUSED')

    def test_a_merge_down_is_refused_while_the_server_is_paused(self) -> None:
        server = self.boot()
        volume = self.attach(server)
        self.nova().servers.pause(server)
        self.until_status(server, 'PAUSED')
        assisted = self.nova('cinder:service', '2.1').assisted_volume_snapshots
        info = {'volume_id': volume, 'file_to_merge': 'a', 'merge_target_file': 'b'}
        said = self.refused(400, lambda: assisted.delete('s1', info))
        self.assertIn('in vm_state paused', said)


class FailingWriteTest(test_compute_guest.GuestTest):
    """Jobs that meet an error in QEMU's own block layer, and work once it is over."""

    async def chain_of_three(self, base_format: ImageFormat) -> None:
        await self.boot(base_format)
        await self.snapshot('o1')
        await self.snapshot('o2')

    async def test_a_pull_and_a_commit_fail_leave_everything_and_work_later(self) -> None:
        for base_format in (ImageFormat.RAW, ImageFormat.QCOW2):
            await self.chain_of_three(base_format)
            volume = test_compute_guest.VOLUME
            pull = (volume, self.source, 'base')
            with self.assertRaisesRegex(errors.JobError, 'No space left on device'):
                async with self.guest.failing_write(volume, None, errno.ENOSPC):
                    await self.guest.pull(*pull)
            with self.assertRaisesRegex(errors.JobError, 'Input/output error'):
                async with self.guest.failing_write(volume, 'base', errno.EIO):
                    await self.guest.commit(volume, 'o1', 'base')
            self.assertEqual(await self.chain(), ['o2', 'o1', 'base'])
            await self.verify()
            await self.guest.commit(volume, 'o1', 'base')
            await self.guest.pull(volume, self.source, None)
            self.assertEqual(await self.chain(), ['o2'])
            await self.verify()
            await self.guest.power_off()
            self.written = 0
