# SPDX-License-Identifier: Apache-2.0
import pathlib
import shlex
import subprocess
import unittest

from nova_assist.ci import plan
from nova_assist.ci.change import Change
from nova_assist.cli.arguments import parse

_CHANGE = Change('openstack/cinder', 657856, 2)
_PAGE = pathlib.Path(__file__).parents[4] / 'doc/source/third-party-ci.rst'


def steps(logs='/opt/stack/ci-logs', change=None):
    return plan.steps(plan.Subject('vendor.nfs.Driver', 'filer:/ci', logs, change))


class StepsTest(unittest.TestCase):
    def test_devstack_comes_after_all_that_is_quick(self):
        names = [step.name for step in steps()]
        self.assertEqual(
            ['conformance', 'share', 'fast tier', 'devstack', 'tempest', 'collect', 'page'], names
        )

    def test_commands_of_this_project_are_ones_that_it_takes(self):
        seen = set()
        for step in steps(change=_CHANGE):
            for command in step.commands:
                words = shlex.split(command.replace('>', ' >').partition(' >')[0])
                if 'nova-assist' in words:
                    # A share that is mounted, for the words alone.
                    words = ['/' if '/mnt/' in word else word for word in words]
                    asked = parse(words[words.index('nova-assist') + 1 :], command)
                    seen.add(type(asked).__name__)
        self.assertEqual(6, len(seen), seen)

    def test_each_line_is_one_that_a_shell_reads(self):
        for step in steps(logs="/a b/c'd"):
            script = '\n'.join(step.commands)
            ended = subprocess.run(['bash', '-n', '-c', script], capture_output=True)
            self.assertEqual((0, b''), (ended.returncode, ended.stderr), script)

    def test_nothing_of_this_project_needs_root(self):
        for step in steps():
            for command in step.commands:
                self.assertNotRegex(command, 'sudo.*nova-assist (ci|run|check|conformance)')

    def test_each_figure_has_a_source(self):
        for step in steps():
            self.assertTrue(step.takes and step.source, step.name)

    def test_documentation_has_the_commands(self):
        text = ' '.join(_PAGE.read_text().replace('\\\n', ' ').split())
        for step in steps(change=_CHANGE):
            for command in step.commands:
                self.assertIn(command, text)
