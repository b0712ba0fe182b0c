# SPDX-License-Identifier: Apache-2.0
"""What clients answer, and fail with, as values and errors of a step."""

import socket
import threading
import types
import unittest

from cinderclient import exceptions as cinder_errors

from nova_assist.checks.scene import Attachment
from nova_assist.cloud.clients import Endpoints
from nova_assist.reports.model import Verdict
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.embedded_api import EmbeddedApi
from nova_assist.scenarios.errors import NoAnswer, StepFailed
from nova_assist.scenarios.rest import refusals
from nova_assist.scenarios.waiting import Patience


def unused_url():
    """Return the URL of a port at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return f'http://127.0.0.1:{listener.getsockname()[1]}/v3'


class RefusalsTest(unittest.TestCase):
    def setUp(self):
        endpoints = Endpoints(unused_url(), unused_url())
        clients = (
            endpoints.cinderclient('demo', 'admin'),
            endpoints.novaclient('demo', 'admin', '2.60'),
        )
        self.api = EmbeddedApi(*clients, unused_url())

    def test_refused_request_is_the_driver_s_failure(self):
        with self.assertRaises(StepFailed) as caught, refusals('asking'):
            raise cinder_errors.BadRequest(400)
        self.assertEqual(Verdict.FAIL, caught.exception.finding.verdict)

    def test_service_that_is_not_there_tells_nothing_about_the_driver(self):
        for name, ask in (
            ('cinder', lambda: self.api.volume_status('v1')),
            ('compute', lambda: self.api.disks('a', None)),
        ):
            with self.subTest(name):
                with (
                    self.assertRaisesRegex(NoAnswer, 'asking found no service') as caught,
                    refusals('asking'),
                ):
                    ask()
                self.assertEqual(Verdict.UNKNOWN, caught.exception.finding.verdict)

    def test_service_that_goes_away_during_a_wait_tells_nothing_about_the_driver(self):
        context = Context('x', 'raw', 'raw', self.api, Patience(threading.Event()), *([None] * 8))
        with self.assertRaises(NoAnswer):
            context.await_status(
                'v1', ['v1'], lambda: self.api.volume_status('v1'), 'available', ['creating']
            )


class AttachmentsTest(unittest.TestCase):
    def told(self, info, status='attached'):
        attachment = types.SimpleNamespace(
            id='a1', volume_id='v1', connection_info=info, status=status
        )
        cinder = types.SimpleNamespace(
            attachments=types.SimpleNamespace(list=lambda detailed: [attachment])
        )
        nova = Endpoints(unused_url(), unused_url()).novaclient('demo', 'admin', '2.60')
        return EmbeddedApi(cinder, nova, 'http://127.0.0.1').attachments()

    def test_file_and_format_are_those_of_the_connection_info(self):
        expected = {'v1': [Attachment('a1', 'volume-v1', 'qcow2')]}
        self.assertEqual(expected, self.told({'name': 'volume-v1', 'format': 'qcow2'}))

    def test_attachment_that_is_only_reserved_leads_nowhere_yet(self):
        self.assertEqual({}, self.told({}, 'reserved'))

    def test_attachment_whose_connection_info_names_no_file_is_listed(self):
        expected = {'v1': [Attachment('a1', None, 'raw')]}
        for info in (None, {}, {'export': 'localhost:/raw'}):
            with self.subTest(info):
                self.assertEqual(expected, self.told(info))
