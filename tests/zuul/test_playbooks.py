# SPDX-License-Identifier: Apache-2.0
"""What Ansible says of the playbooks, without a host."""

from tests.zuul.ansible import AnsibleCase
from tests.zuul.configuration import ROOT, Configuration


class PlaybooksTest(AnsibleCase):
    def test_ansible_can_read_each_playbook(self):
        for name in sorted(Configuration.read().playbooks()):
            with self.subTest(playbook=name):
                ended = self.played(ROOT / name, '--syntax-check')
                self.assertEqual(0, ended.returncode, ended.stdout + ended.stderr)

    def test_playbook_with_a_misspelt_module_is_refused(self):
        path = self.folder / 'broken.yaml'
        path.write_text('- hosts: all\n  tasks:\n    - ansible.builtin.comand: "true"\n')
        ended = self.played(path, '--syntax-check')
        self.assertNotEqual(0, ended.returncode)
        self.assertIn('ansible.builtin.comand', ended.stderr)
