# SPDX-License-Identifier: Apache-2.0
"""The judges of playbooks/judge.yaml: nova-assist itself, on a share in a folder."""

import json
import sys

from tests.judged import IN_TREE, OURS
from tests.zuul.ansible import AnsibleCase
from tests.zuul.configuration import ROOT

_PLAY = f"""- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.include_tasks: {ROOT}/playbooks/judge.yaml
"""

#: The project is not always installed where tests run.
_COMMAND = f"""#!/bin/sh
cd {ROOT} && exec {sys.executable} -m nova_assist "$@"
"""


class JudgesTest(AnsibleCase):
    def setUp(self):
        self.own = self.folder / self._testMethodName
        self.share = self.own / 'share'
        self.share.mkdir(parents=True)
        (self.own / 'nfs_shares_nfs').write_text(f'{self.share} -o vers=4.2\n')
        # The harness is installed here.
        for name, text in (('pip', '#!/bin/sh\n'), ('nova-assist', _COMMAND)):
            (self.own / name).write_text(text)
            (self.own / name).chmod(0o755)
        self.play = self.own / 'play.yaml'
        self.play.write_text(_PLAY)

    def judged(self, judges, driver=OURS, vote=True):
        return self.played(
            self.play,
            nova_assist_bin=str(self.own),
            nova_assist_driver=driver,
            nova_assist_judges=judges,
            nova_assist_judges_vote=vote,
            nova_assist_reports=str(self.own / 'reports'),
            nova_assist_shares_lists=f'{self.own}/nfs_shares_*',
        )

    def reports(self):
        """Return the content of each report by the judge's name."""
        return {
            path.name.partition('-')[0].partition('.')[0]: json.loads(path.read_text())
            for path in (self.own / 'reports').glob('*.json')
        }

    def leave_a_record_without_files(self):
        ident = '1d0c9a3e-1f7b-4846-8c41-f0b7d25e9a63'
        (self.share / f'volume-{ident}.info').write_text(f'{{"active": "volume-{ident}"}}')

    def test_class_and_share_with_nothing_against_them(self):
        ended = self.judged(['conformance', 'check'])
        self.assertEqual(0, ended.returncode, ended.stdout)
        self.assertEqual({'conformance', 'check'}, set(self.reports()))

    def test_share_with_damage_fails_the_job_and_the_class_is_judged_all_the_same(self):
        self.leave_a_record_without_files()
        ended = self.judged(['check', 'conformance'])
        self.assertNotEqual(0, ended.returncode, ended.stdout)
        self.assertTrue(self.reports()['check']['findings'])
        self.assertIn('conformance', self.reports())

    def test_no_share_to_check_fails_the_job(self):
        (self.own / 'nfs_shares_nfs').unlink()
        ended = self.judged(['check'])
        self.assertNotEqual(0, ended.returncode, ended.stdout)
        self.assertIn('No share to check in', ended.stdout)

    def test_control_is_reported_and_fails_nothing(self):
        self.leave_a_record_without_files()
        ended = self.judged(['check', 'conformance'], IN_TREE, vote=False)
        self.assertEqual(0, ended.returncode, ended.stdout)
        self.assertTrue(self.reports()['check']['findings'])
