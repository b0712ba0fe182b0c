# SPDX-License-Identifier: Apache-2.0
"""Accounts that try to open files which they must, or must not."""

import json
import os
import sys
import unittest
from unittest import mock

import psutil

from nova_assist.accounts import Account
from nova_assist.checks import errors, scene
from nova_assist.checks.opening import OpeningJudge
from tests.unit.nova_assist.checks.shares import ENVIRONMENT, FILE, ShareCase
from tests.unit.nova_assist.pythons import python_of

GROUP = 64999
HYPERVISOR = Account('qemu', 64002, 64002, (GROUP,))
OUTSIDER = Account('outsider', 64003, 64003)
RECORD = f'{FILE}.info'


@unittest.skipUnless(os.geteuid() == 0, 'only root may start processes of others')
class OpeningTest(ShareCase):
    def setUp(self):
        super().setUp()
        os.chown(self.share, -1, GROUP)
        self.share.chmod(0o2775)
        os.chown(self.share / FILE, -1, GROUP)
        self.make(RECORD).write_text(json.dumps({'active': FILE}))
        python = python_of(OUTSIDER)
        with mock.patch.object(sys, 'executable', python):
            self.judge = OpeningJudge(HYPERVISOR, {'the outsider': OUTSIDER}, ENVIRONMENT)
        self.addCleanup(self.judge.close)

    def assert_one(self, words, name=FILE):
        (finding,) = self.found(self.judge)
        self.assertRegex(finding.fault, words)
        self.assertEqual((name,), finding.files)

    def test_group_that_both_are_in_and_the_outsider_is_not(self):
        self.assertEqual([], self.found(self.judge))

    def test_file_that_the_hypervisor_can_only_read(self):
        (self.share / FILE).chmod(0o640)
        self.assert_one(
            r'the hypervisor, account qemu \(uid 64002\), can read .*, but has to do both'
        )

    def test_file_of_a_group_that_the_hypervisor_is_not_in(self):
        os.chown(self.share / FILE, -1, 0)
        self.assert_one('the hypervisor, .* can neither read nor write volume-')

    def test_record_is_not_the_hypervisor_s_business(self):
        (self.share / RECORD).chmod(0o600)
        self.assertEqual([], self.found(self.judge))

    def test_file_that_the_outsider_can_read(self):
        (self.share / FILE).chmod(0o664)
        self.assert_one(r'the outsider, account outsider \(uid 64003\), can read volume-')

    def test_record_that_the_outsider_can_write(self):
        (self.share / RECORD).chmod(0o662)
        self.assert_one('the outsider, .* can write volume-', RECORD)

    def test_outsider_may_open_what_is_meant_to_be_open(self):
        self.ownership = scene.Ownership(os.geteuid(), os.getegid(), 0o666)
        (self.share / FILE).chmod(0o666)
        self.assertEqual([], self.found(self.judge))

    def test_nothing_is_made_or_changed(self):
        (self.share / FILE).write_bytes(b'kept')
        before = sorted(os.listdir(self.share))
        self.found(self.judge)
        self.assertEqual(before, sorted(os.listdir(self.share)))
        self.assertEqual(b'kept', (self.share / FILE).read_bytes())

    def test_accounts_that_do_not_answer(self):
        for child in psutil.Process().children():
            child.kill()
        with self.assertRaisesRegex(
            errors.CompanionError,
            r'open_process as account qemu \(uid 64002\) ended: it was killed',
        ):
            self.found(self.judge)
