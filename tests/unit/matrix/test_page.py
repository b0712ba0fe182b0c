# SPDX-License-Identifier: Apache-2.0
import dataclasses
import re
import unittest

from nova_assist.scenarios.runner import all_scenarios
from tests.matrix import everything, page

REASON = 'no *room* on /tmp/nova-assist-x_1/share; Cinder logged: what is of this run'


HERE, SECURE, CONTROL = page.PLAYERS


def report(**others):
    verdicts = {each.name: 'pass' for each in all_scenarios()} | {
        name.replace('_', '-'): verdict for name, verdict in others.items()
    }
    scenarios = [
        {'name': name, 'verdict': verdict, 'reason': '' if verdict == 'pass' else REASON}
        for name, verdict in verdicts.items()
    ]
    return {'versions': {'cinder': '28.0.0'}, 'scenarios': scenarios}


class PageTest(unittest.TestCase):
    def compose(self, **others):
        ours = [page.Run.of(player, report()) for player in (HERE, SECURE)]
        return page.compose([*ours, page.Run.of(CONTROL, report(**others))])

    def test_each_story_has_a_row_with_six_verdicts(self):
        text = self.compose()
        rows = re.findall(r'\* - ``([a-z-]+)``\n(?:     - .+\n){7}', text)
        self.assertEqual([*page.stories()], rows)
        self.assertEqual(6 * len(rows), text.count('- passes\n'))
        self.assertNotIn('fails', text)

    def test_failure_of_the_control_stands_in_its_columns_with_its_reason(self):
        text = self.compose(revert_raw='fail', revert_qcow2='unknown')
        row = text[text.index('``revert``') :].splitlines()[2:8]
        wanted = [*['passes'] * 4, '**fails**', 'unknown']
        self.assertEqual(wanted, [each[7:] for each in row])
        self.assertIn("* ``revert-raw``, Cinder's own driver: no \\*room\\* on …/share\n", text)

    def test_what_was_not_played_is_told(self):
        self.assertIn('- not played\n', self.compose(revert_raw='not_run'))

    def test_what_a_page_tells_makes_the_same_page(self):
        text = self.compose(revert_raw='fail', revert_qcow2='unknown', cluster_raw='not_run')
        self.assertEqual(text, page.compose(page.parse(text)))

    def test_page_is_kept_but_for_what_was_measured_anew(self):
        ours, _, control = page.parse(self.compose(revert_raw='fail', clone_raw='fail'))
        newer = page.Run(CONTROL, '29.0.0', {'clone-raw': ('pass', '')})
        updated = control.updated(newer)
        self.assertEqual(('pass', ''), updated.found['clone-raw'])
        self.assertEqual('fail', updated.found['revert-raw'][0])
        self.assertEqual([*ours.found], [*updated.found])

    def test_driver_that_does_not_start_has_not_been_played(self):
        refused = page.Run.refused(CONTROL, 'cluster', 'nova-assist: no such thing. (log: /a/b)')
        reason = ('not_run', 'no such thing.')
        self.assertEqual({'cluster-raw': reason, 'cluster-qcow2': reason}, refused.found)

    def test_run_with_a_failure_has_not_passed(self):
        self.assertTrue(page.Run.of(HERE, report()).passed)
        self.assertFalse(page.Run.of(HERE, report(revert_raw='fail')).passed)
        self.assertFalse(page.Run.of(HERE, report(revert_raw='not_run')).passed)

    def test_story_that_the_mode_is_without_counts_for_nothing(self):
        without = dataclasses.replace(HERE, without=('revert',))
        self.assertTrue(page.Run.of(without, report(revert_raw='not_run')).passed)
        self.assertFalse(page.Run.of(without, report(clone_raw='not_run')).passed)


class DocumentationTest(unittest.TestCase):
    def test_page_has_every_story(self):
        """A scenario that is new wants the page to be written anew."""
        text = everything.PAGE.read_text()
        missing = [name for name in page.stories() if f'* - ``{name}``' not in text]
        self.assertEqual([], missing)
