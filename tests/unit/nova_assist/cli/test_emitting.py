# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
import unittest


class EmitTest(unittest.TestCase):
    def told_where_the_result_goes(self, place):
        """Return the exit code and stderr of a command whose stdout is a file."""
        with open(place, 'w') as stdout:
            ended = subprocess.run(
                [sys.executable, '-m', 'nova_assist', 'ci', 'skips'],
                stdout=stdout,
                stderr=subprocess.PIPE,
                text=True,
                timeout=60,
            )
        return ended.returncode, ended.stderr

    def test_file_that_takes_it(self):
        self.assertEqual((0, ''), self.told_where_the_result_goes('/dev/null'))

    def test_disk_that_is_full_is_one_clear_line(self):
        code, told = self.told_where_the_result_goes('/dev/full')
        self.assertEqual(2, code)
        self.assertRegex(told, r"^nova-assist: the result can't be written to stdout: [^\n]*\n$")
