# SPDX-License-Identifier: Apache-2.0
"""What was measured as a table, as JSON and as a page with pictures."""

import json
import unittest
import xml.etree.ElementTree

from nova_assist.bench import json_form, page, pictures, targets, text, timeline
from nova_assist.bench.results import CONTROL, DRIVER, FLOOR, Curve, Operation, Results
from nova_assist.bench.subject import Timed

_MOMENTS = {
    timeline.BEGINS: 0.1,
    timeline.REPORTED: 0.15,
    timeline.GOES_ON: 0.2,
    timeline.SEEN: 0.3,
}


def results():
    samples = {
        DRIVER: [Timed(0.25, 0.05, 1, 2048, 7, 0.012, False, _MOMENTS)] * 3,
        CONTROL: [
            Timed(
                1.3, 1.1, 4, 4096, 0, 0.0, False, {name: at + 1 for name, at in _MOMENTS.items()}
            ),
        ]
        * 3,
        FLOOR: [Timed(0.02, 0.02)] * 3,
    }
    points = {DRIVER: {1: [0.1], 100: [0.1]}, CONTROL: {1: [0.1], 100: [10.0]}}
    at_once = {
        name: {1: [speed], 32: [speed] * 3}
        for name, speed in ((DRIVER, 2.0), (CONTROL, 1.0), (FLOOR, 3.0))
    }
    return Results(
        {DRIVER: 'our.Driver', CONTROL: 'their.Driver'},
        'raw',
        3,
        machine={'processors': '2'},
        refused={'clone': {CONTROL: 'it can not'}},
        seconds=12.0,
        operations=[
            Operation('create-online', 'online: take a snapshot', samples),
            Operation('clone-online', 'online: clone', {DRIVER: samples[DRIVER]}),
            Operation('revert', 'revert', {**samples, CONTROL: [Timed(4.0, 0.001, left=True)]}),
        ],
        curves=[
            Curve('depth-create', 'take a snapshot', 'snapshots', 'seconds', points),
            Curve('at-once', 'take some', 'volumes', 'a second', at_once, 'Cinder itself'),
        ],
    )


class FormsTest(unittest.TestCase):
    def setUp(self):
        self.results = results()
        self.outcomes = targets.outcomes(self.results)

    def test_table_has_every_operation_moment_curve_and_target(self):
        told = text.render(self.results, self.outcomes, width=200, colour=False)
        for words in (
            r'online: take a snapshot +250 +1300 +20 +50 +1100 +0\.05 \(0\.05 to 0\.05\) +1 / 4',
            r'0\.05\) +1 / 4 +2 / 4 +12 / 0\n',
            r'online: clone +250 +- +- +50 +- +1 / - +2 / - +12 / -\n',
            r'revert +250 +4000 +20 +50 +- +1 / - +2 / - +12 / -\n',
            r'control does not clone: it can not\n',
            r'the driver goes on +200 +1200',
            r'in a second; floor: Cinder itself\n',
            r'32 online .* +≥ 4\.00 +2\.00 +2\.00 to 2\.00 +3\.00 +the floor forbids it\n',
            r'100 +0\.1 +10\n',
            r'slope on logarithmic scales +0\.00 +1\.00',
            r'noticing that Nova calls back +≤ 0\.10 s +0\.05 +0\.05 to 0\.05 +met',
            r'nova-assist run, all default scenarios +≤ 60\.00 s +not measured',
        ):
            with self.subTest(words):
                self.assertRegex(told, words)

    def test_colours_come_only_if_they_are_wanted(self):
        for colour in (False, True):
            with self.subTest(colour):
                told = text.render(self.results, self.outcomes, width=80, colour=colour)
                self.assertEqual(colour, '\x1b[' in told)

    def test_json_has_every_sample(self):
        told = json.loads(json_form.render(self.results, self.outcomes))
        operation, *_ = told['operations']
        self.assertEqual(3, len(operation['samples'][CONTROL]))
        self.assertEqual(1.1, operation['samples'][CONTROL][0]['driver'])
        curve, _ = told['curves']
        self.assertAlmostEqual(1.0, curve['slopes'][CONTROL])
        self.assertEqual(len(targets.TARGETS), len(told['targets']))

    def test_pictures_are_whole_and_tell_the_slopes(self):
        drawn = pictures.draw(self.results)
        self.assertEqual({'depth-create', 'at-once', 'timeline'}, set(drawn))
        for name, svg in drawn.items():
            with self.subTest(name):
                xml.etree.ElementTree.fromstring(svg)
        self.assertIn('control: slope 1.00', drawn['depth-create'])

    def test_what_never_happened_has_no_place_on_a_logarithmic_scale(self):
        points = {DRIVER: {1: [0.0], 10: [0.2], 100: [0.2]}, CONTROL: {1: [0.0], 100: [0.0]}}
        self.results.curves = [Curve('asked', 'ask', 'seconds', 'a second', points)]
        self.assertRegex(
            text.render(self.results, self.outcomes, width=200, colour=False),
            r'\n\s*1 +0 +0\n(.*\n)+\s*slope on logarithmic scales +0\.00 *\n',
        )
        drawn = pictures.draw(self.results)['asked']
        self.assertIn('driver: slope 0.00', drawn)
        self.assertIn('>control<', drawn)

    def test_same_results_are_the_same_picture(self):
        self.assertEqual(pictures.draw(self.results), pictures.draw(results()))

    def test_page_has_the_pictures_in_it_and_names_nothing_outside(self):
        told = page.render(self.results, self.outcomes)
        self.assertEqual(3, told.count('<svg'))
        self.assertIn('Floor: Cinder itself.', told)
        self.assertIn('control does not clone: it can not', told)
        self.assertIn('the floor forbids it', told)
        self.assertIn('our.Driver', told)
        self.assertNotIn('src=', told)

    def test_page_tells_whether_a_target_was_missed(self):
        self.assertIn('>no target was missed<', page.render(self.results, self.outcomes))
        self.results.run_seconds = [100.0] * 3
        self.assertIn(
            'targets were missed', page.render(self.results, targets.outcomes(self.results))
        )
