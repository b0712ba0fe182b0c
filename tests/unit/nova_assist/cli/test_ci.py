# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import pathlib

from tests.unit.nova_assist.cli.fakes import call
from tests.unit.nova_assist.cli.scratch import ScratchCase

_SUBJECT = ('--driver', 'vendor.nfs.Driver', '--share', 'filer:/ci')


class CiTest(ScratchCase):
    def told(self, *words: str) -> str:
        outcome = call('ci', *words)
        self.assertEqual((0, ''), (outcome.code, outcome.stderr))
        return outcome.stdout

    def test_plan_for_people_and_for_programs(self) -> None:
        told = self.told('plan', *_SUBJECT)
        steps = json.loads(self.told('plan', *_SUBJECT, '-f', 'json'))['steps']
        self.assertEqual(7, len(steps))
        for number, step in enumerate(steps, 1):
            self.assertIn(f'{number}. {step["name"]}\n', told)
            for command in step['commands']:
                self.assertIn(f'\n    {command}\n', told)

    def test_plan_has_the_whole_path_of_a_folder_of_logs(self) -> None:
        told = self.told('plan', *_SUBJECT, '--logs', 'our-logs')
        self.assertIn(f' >{pathlib.Path.cwd()}/our-logs/tests.txt\n', told)

    def test_local_conf(self) -> None:
        told = self.told('local-conf', *_SUBJECT)
        self.assertIn('\nNFS_EXPORT_DIR=/ci\n', told)
        change = ('--project', 'openstack/cinder', '--change', '657856', '--patchset', '2')
        told = self.told('local-conf', *_SUBJECT, *change)
        self.assertIn('\nCINDER_BRANCH=refs/changes/56/657856/2\n', told)

    def test_skips_in_each_form(self) -> None:
        skips = json.loads(self.told('skips', '-f', 'json'))['skips']
        table, excluded = self.told('skips'), self.told('skips', '-f', 'exclude-list')
        for skip in skips:
            self.assertIn(skip['test'], table)
            self.assertEqual(skip['how'] == 'not_run', skip['test'] in excluded)

    def test_damaged_list_is_one_clear_line(self) -> None:
        file = self.root / 'skips.yaml'
        file.write_text('not_run: [{test: a, reason: b}]')
        outcome = call('ci', 'skips', '--skips', str(file))
        self.assertEqual(2, outcome.code)
        self.assertRegex(outcome.stderr, r'^nova-assist: .*test, reason and plan.*\n$')

    def test_folder_that_is_not_there_is_one_clear_line(self) -> None:
        outcome = call('ci', 'page', '--logs', str(self.root / 'none'), '--output', str(self.root))
        self.assertEqual(2, outcome.code)
        self.assertRegex(outcome.stderr, r'^nova-assist: .* is no folder; give --logs .*\n$')

    def test_page_of_nothing_says_what_is_missing(self) -> None:
        (self.root / 'logs').mkdir()
        words = (
            'ci',
            'page',
            '--logs',
            str(self.root / 'logs'),
            '--output',
            str(self.root / 'page'),
        )
        outcome = call(*words)
        self.assertEqual((1, ''), (outcome.code, outcome.stderr))
        self.assertIn('INCOMPLETE', outcome.stdout)
        self.assertTrue((self.root / 'page/index.html').is_file())
