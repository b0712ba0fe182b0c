# SPDX-License-Identifier: Apache-2.0
"""What may be left on a share by an operation that is to be repeated, and what is removed."""

import pathlib
import subprocess
import tempfile
import threading
import types
import unittest

from keystoneauth1 import exceptions as session_errors

from nova_assist.reports.model import ScenarioResult
from nova_assist.scenarios.errors import StepEnded
from nova_assist.scenarios.logs import UnseenLog
from nova_assist.scenarios.stage import Stage, _notes
from nova_assist.scenarios.tracked import Made
from nova_assist.scenarios.waiting import Patience


class NotesTest(unittest.TestCase):
    def test_a_note_is_let_pass_and_an_overlay_is_not(self):
        with tempfile.TemporaryDirectory() as folder:
            share = pathlib.Path(folder)
            share.joinpath('volume-v.note').write_text('{"operation": "delete"}')
            overlay = str(share / 'volume-v.s')
            subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', overlay, '1M'], check=True)
            self.assertEqual({'volume-v.note'}, _notes(share))


class CleanUpTest(unittest.TestCase):
    def test_what_was_made_is_removed_even_if_nobody_tells_what_is_under_way(self):
        def snapshots():
            raise session_errors.ConnectFailure('for a moment')

        stop = threading.Event()
        stop.set()
        context = types.SimpleNamespace(
            api=types.SimpleNamespace(images=None, snapshots=snapshots),
            patience=Patience(stop, hurried_seconds=0, interval=0, tidy=True),
            cinder_log=UnseenLog('Cinder'),
            compute_log=UnseenLog('Nova'),
            ended=str,
            seen=None,
            made=Made(),
        )
        removed = []
        context.made.add('1', 'volume v1', lambda: removed.append('v1'))
        listener = types.SimpleNamespace(
            step_started=lambda *_: None, step_finished=lambda *_: None
        )
        guests = types.SimpleNamespace(before_look=list)
        stage = Stage(context, guests, None, None, listener, ScenarioResult('a'))
        with self.assertRaises(StepEnded):  # as nobody tells, nobody can judge
            stage.clean_up(hurried=False)
        self.assertEqual(['v1'], removed)
