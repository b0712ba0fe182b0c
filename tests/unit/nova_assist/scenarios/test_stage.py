# SPDX-License-Identifier: Apache-2.0
"""What may be left on a share by an operation that is to be repeated."""

import pathlib
import subprocess
import tempfile
import unittest

from nova_assist.scenarios.stage import _notes


class NotesTest(unittest.TestCase):
    def test_a_note_is_let_pass_and_an_overlay_is_not(self):
        with tempfile.TemporaryDirectory() as folder:
            share = pathlib.Path(folder)
            share.joinpath('volume-v.note').write_text('{"operation": "delete"}')
            overlay = str(share / 'volume-v.s')
            subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', overlay, '1M'], check=True)
            self.assertEqual({'volume-v.note'}, _notes(share))
