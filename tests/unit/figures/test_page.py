# SPDX-License-Identifier: Apache-2.0
"""What a bench has written becomes a page that says the same."""

import json
import unittest

from nova_assist.bench import json_form, targets
from nova_assist.bench.results import DRIVER
from tests.figures import page
from tests.unit.nova_assist.bench.test_forms import results


class FiguresTest(unittest.TestCase):
    def setUp(self):
        self.measured = results()
        self.measured.versions = {'cinder': '28.0.0', 'qemu-img': '7.2', 'python': '3.11'}
        self.measured.machine = {'processors': '2', 'memory': '24 GiB', 'kernel': '6.1'}
        self.measured.started = '2026-11-29T20:00:00+00:00'
        self.outcomes = targets.outcomes(self.measured)

    def test_what_was_written_is_read_as_it_was(self):
        read = page.read(json.loads(json_form.render(self.measured, self.outcomes)))
        self.assertEqual(self.outcomes, targets.outcomes(read))
        self.assertEqual(self.measured, read)

    def test_page_tells_figures_targets_and_what_is_refused(self):
        told = page.compose(self.measured, self.outcomes)
        for words in (
            'Measured on 2026-11-29: 3 rounds, raw volumes, Cinder 28.0.0',
            '   * - 32 online snapshots at once, a second, against the control\n     - ≥ 4.00\n'
            '     - 2.00\n     - 2.00 to 2.00\n     - 3.00\n     - the floor forbids it\n',
            '   * - online: take a snapshot\n     - 250\n     - 1300\n     - 20\n     - 50\n',
            'The control does not clone: it can not',
            '.. image:: figures/at-once.svg',
            'Floor: Cinder itself.',
        ):
            with self.subTest(words):
                self.assertIn(words, told)

    def test_page_tells_nothing_that_is_of_one_run_only(self):
        volume = '19119c97-9fa2-4256-92b3-ff2b4c8ebca2'
        self.measured.refused = {
            'clone': {DRIVER: f'volume {volume} is error; see /tmp/x/cinder.log'}
        }
        told = page.compose(self.measured, self.outcomes)
        self.assertIn('The driver does not clone: volume … is error\n', told)

    def test_nothing_that_is_told_is_markup(self):
        self.measured.refused = {'clone_it': {DRIVER: 'a*b `c` \\d'}}
        told = page.compose(self.measured, self.outcomes)
        self.assertIn('does not clone\\_it: a\\*b \\`c\\` \\\\d\n', told)
