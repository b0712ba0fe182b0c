# SPDX-License-Identifier: Apache-2.0
"""Online snapshots against every way in which Nova can behave; who has what open is real."""

import contextlib
import json
import subprocess

from driver import chain, exceptions, offline, online, qemu_img, records, volumes
from driver.layout import Format
from nova_assist import client
from tests.unit.driver import builders
from tests.unit.driver.test_locks import opened_by_qemu
from tests.unit.driver.test_offline import VolumeCase, write

DONE = client.Status('creating', '90%')


class Nova:
    """A Nova that does with a request what a test tells it to, then reports."""

    def __init__(self, work=None, report=DONE, error=None):
        self.work = work
        self.report = report
        self.error = error
        self.status = client.Status('creating', '90%')
        self.requests = []

    def reset(self, status):
        self.status = client.Status(status, '0%')

    def look(self):
        return self.status

    def create(self, request):
        self.answer(request)

    def delete(self, request):
        self.answer(request)

    def answer(self, request):
        self.requests.append(request)
        if self.work is not None:
            self.work()
        if self.error is not None:
            raise self.error
        if self.report is not None:
            self.status = self.report


class OnlineCase(VolumeCase):
    def setUp(self):
        super().setUp()
        self.guests = contextlib.ExitStack()
        self.addCleanup(self.guests.close)
        self.create()
        settle = online.SETTLE
        self.addCleanup(setattr, online, 'SETTLE', settle)
        online.SETTLE = 0.3

    def assist(self, nova, timeout=0.2):
        return online.Assist(
            *('v', 's', nova),
            lambda: contextlib.nullcontext(nova.look),
            *(nova.reset, timeout, timeout),
        )

    def guest_opens(self, name):
        """Have a guest use a file: it for writing, what backs it for reading; returns its QEMU."""
        self.guests.close()
        image_format = 'raw' if name == builders.VOLUME else 'qcow2'
        path = self.layout.path(name)
        return self.guests.enter_context(opened_by_qemu(path, image_format=image_format))


class CreateTest(OnlineCase):
    def setUp(self):
        super().setUp()
        self.overlay = self.layout.overlay('s')
        self.guest_opens(builders.VOLUME)

    def create_online(self, nova, timeout=0.2):
        _, found = self.opened()
        assist = self.assist(nova, timeout)
        self.taken = online.create(self.layout, found, assist, self.maker)

    def switch(self):
        self.guest_opens(self.overlay)

    def switch_write_and_shut_down(self):
        self.guests.close()
        write(self.layout.path(self.overlay), Format.QCOW2, 3, 7)

    def assert_as_before(self):
        self.assertEqual([builders.VOLUME], self.names())

    def assert_taken(self):
        self.assertEqual(self.overlay, self.taken)
        self.assertEqual([builders.VOLUME, self.overlay], self.names())

    def test_guest_that_switches(self):
        nova = Nova(self.switch)
        self.create_online(nova)
        self.assert_taken()
        self.assertEqual([client.CreateRequest('v', 's', self.overlay)], nova.requests)

    def test_stale_progress_is_not_taken_for_an_answer(self):
        with self.assertRaisesRegex(exceptions.AssistError, 'not reported in time'):
            self.create_online(Nova(report=None))
        self.assert_as_before()

    def test_claim_that_is_not_true(self):
        with self.assertRaisesRegex(exceptions.AssistError, f'still uses {builders.VOLUME}'):
            self.create_online(Nova())
        self.assert_as_before()

    def test_refusal(self):
        with self.assertRaisesRegex(exceptions.AssistError, 'no host'):
            self.create_online(Nova(error=client.Refused('no host', 400)))
        self.assert_as_before()

    def test_reported_failure(self):
        with self.assertRaisesRegex(exceptions.AssistError, 'reports an error'):
            self.create_online(Nova(report=client.Status('error', '90%')))
        self.assert_as_before()

    def test_no_answer_although_the_guest_has_switched(self):
        self.create_online(Nova(self.switch, error=client.Unreachable('timed out')), timeout=0)
        self.assert_taken()

    def test_failure_reported_although_the_guest_has_switched(self):
        self.create_online(Nova(self.switch, report=client.Status('error', '90%')))
        self.assert_taken()

    def test_status_changed_by_somebody_else_does_not_hang(self):
        with self.assertRaisesRegex(exceptions.AssistError, 'changed by somebody else'):
            self.create_online(Nova(report=client.Status('available', '100%')))
        self.assert_as_before()

    def test_lost_call_back_of_a_guest_that_wrote_and_shut_down_keeps_its_data(self):
        for report in (None, client.Status('error', '90%')):
            with self.subTest(report=report):
                self.create_online(Nova(self.switch_write_and_shut_down, report=report))
                self.assert_taken()
                volumes.discard(self.layout, self.overlay)

    def test_database_that_fails_during_the_wait_is_no_reason_to_forget_the_switch(self):
        nova = Nova(self.switch)

        def look():
            raise OSError('the database has gone away')

        nova.look = look
        self.create_online(nova)
        self.assert_taken()

    def test_database_that_fails_before_the_switch_leaves_nothing(self):
        nova = Nova()

        def reset(status):
            raise OSError('the database has gone away')

        nova.reset = reset
        with self.assertRaisesRegex(online.NotTaken, 'has gone away'):
            self.create_online(nova)
        self.assert_as_before()

    def test_guest_that_is_gone_is_not_waited_for(self):
        gone = client.Status('creating', '0%', attached=False)
        with self.assertRaisesRegex(online.NotTaken, 'was detached from its guest'):
            self.create_online(Nova(report=gone), timeout=60)
        self.assert_as_before()

    def test_guest_that_switched_and_wrote_before_it_was_gone_keeps_its_data(self):
        gone = client.Status('creating', '0%', attached=False)
        self.create_online(Nova(self.switch_write_and_shut_down, report=gone), timeout=60)
        self.assert_taken()

    def test_claim_has_no_longer_to_come_true_than_nova_has_for_the_work(self):
        online.SETTLE = 60
        with self.assertRaisesRegex(online.NotTaken, 'reports that it is done'):
            self.create_online(Nova(), timeout=0.2)
        self.assert_as_before()

    def test_server_error_of_nova_is_waited_out(self):
        nova = Nova(self.switch, error=client.Unanswered('504'))
        nova.status = client.Status('creating', '0%')
        self.create_online(nova)
        self.assert_taken()

    def test_overlay_opened_by_a_guest_that_still_writes_to_the_old_file(self):
        def open_both():
            # As libvirt's blockdev-add does before it switches.
            file = {'driver': 'file', 'filename': str(self.layout.path(self.overlay))}
            image = {'driver': 'qcow2', 'file': file, 'backing': None}
            held = opened_by_qemu(f'json:{json.dumps(image)}', image_format=None)
            self.guests.enter_context(held)

        with self.assertRaisesRegex(exceptions.AssistError, 'held open'):
            self.create_online(Nova(open_both, report=client.Status('error', '90%')))
        self.assertIn(self.overlay, self.names())

    def test_guest_that_is_shut_off(self):
        self.guests.close()
        self.create_online(Nova())
        self.assert_taken()

    def test_overlay_held_open_by_a_reader_is_left_and_named(self):
        def read_only():
            path = self.layout.path(self.overlay)
            self.guests.enter_context(opened_by_qemu(path, '-r', '-U', image_format='qcow2'))

        with self.assertRaisesRegex(exceptions.AssistError, 'held open'):
            self.create_online(Nova(read_only, report=client.Status('error', '90%')))
        self.assertIn(self.overlay, self.names())


class MergeTest(OnlineCase):
    def setUp(self):
        super().setUp()
        for snapshot_id in 'ab':
            self.snapshot(snapshot_id)
        self.before = records.load(self.layout)
        self.guest_opens(self.before.active)

    def merge(self, nova, snapshot_id='a', timeout=0.2):
        record, found = self.opened()
        plan = chain.plan_online_merge(record, found, snapshot_id)
        online.merge(self.layout, plan, self.assist(nova, timeout))

    def commit_a(self):
        # What a commit job leaves: the overlay above names the file below, the guest holds both.
        self.guests.close()
        upper, lower = self.layout.overlay('b'), builders.VOLUME
        qemu_img.rebase(self.layout.path(upper), lower, Format.RAW)
        self.guest_opens(upper)

    def assert_as_before(self):
        self.assertEqual(self.before, records.load(self.layout))
        self.assertEqual(4, len(self.names()))

    def test_finished_job(self):
        done = client.Status('deleting', '90%')
        nova = Nova(self.commit_a, report=done)
        nova.status = client.Status('deleting', '90%')
        self.merge(nova)
        self.assertEqual(
            [client.DeleteRequest('v', 's', self.layout.overlay('a'), builders.VOLUME)],
            nova.requests,
        )

    def test_finished_pull_of_everything(self):
        only = self.layout.overlay('b')

        def pull():
            self.guests.close()
            command = ['qemu-img', 'rebase', '-f', 'qcow2', '-b', '', str(self.layout.path(only))]
            subprocess.run(command, check=True)
            self.guest_opens(only)

        record, found = self.opened()
        plan = chain.plan_offline_merge(record, found, 'a')
        self.guests.close()
        offline.merge(self.layout, plan, self.maker)
        self.guest_opens(only)
        self.merge(Nova(pull, report=client.Status('deleting', '90%')), 'b')

    def test_vanished_job_that_nova_takes_for_finished(self):
        with self.assertRaisesRegex(exceptions.AssistError, 'still needed'):
            self.merge(Nova(report=client.Status('deleting', '90%')))
        self.assert_as_before()

    def test_finished_job_that_still_holds_the_removed_file(self):
        def hold():
            self.commit_a()
            path = self.layout.path(self.layout.overlay('a'))
            self.guests.enter_context(opened_by_qemu(path, '-r', '-U', image_format='qcow2'))

        with self.assertRaisesRegex(exceptions.AssistError, 'held open'):
            self.merge(Nova(hold, report=client.Status('deleting', '90%')))
        self.assert_as_before()

    def test_reported_failure(self):
        with self.assertRaisesRegex(exceptions.AssistError, 'reports an error'):
            self.merge(Nova(report=client.Status('error_deleting', '90%')))
        self.assert_as_before()

    def test_guest_that_is_gone_is_not_waited_for(self):
        gone = client.Status('deleting', '0%', attached=False)
        with self.assertRaisesRegex(exceptions.AssistError, 'was detached from its guest'):
            self.merge(Nova(report=gone), timeout=60)
        self.assert_as_before()

    def test_refusal_is_told_apart(self):
        with self.assertRaisesRegex(online.NotTaken, 'not active'):
            self.merge(Nova(error=client.Refused('not active', 400)))
        self.assert_as_before()
