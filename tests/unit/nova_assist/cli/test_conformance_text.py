# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.cli.conformance_text import render
from nova_assist.conformance.findings import Finding, Kind, Looked, Report, Severity

_HINT = Finding(
    Kind.SIGNATURE, Severity.HINT, 'Core', 'retype', 'retype(context)', 'retype(ctxt)', 'Rename.'
)
_ERROR = Finding(
    Kind.MISSING, Severity.ERROR, 'Core', 'create', 'create(volume)', 'nothing', 'Define it.'
)


def report(*findings):
    looked = (Looked('Core', 26, 'mandatory'), Looked('Groups', 6, None))
    return Report('vendor.Driver', '28.0.0', '/cinder', 90, looked, findings)


class RenderTest(unittest.TestCase):
    def test_clean_result_says_what_was_looked_at(self):
        self.assertEqual(
            'class     vendor.Driver\n'
            'Cinder    28.0.0 in /cinder, whose services have 90 calls of a driver\n'
            'looked at Core: 26 points, mandatory\n'
            'left out  Groups: the class does not claim them\n'
            '\n'
            '26 points looked at: 0 errors, 0 hints\n',
            render(report(), 80, colour=False),
        )

    def test_finding_and_what_to_do(self):
        self.assertIn(
            '\n\nERROR     missing  Core: create\n'
            '  expected  create(volume)\n'
            '  found     nothing\n'
            '  do        Define it.\n\n',
            render(report(_ERROR), 80, colour=False),
        )

    def test_errors_come_first(self):
        words = render(report(_HINT, _ERROR), 80, colour=False)
        self.assertLess(words.index('ERROR'), words.index('HINT'))
        self.assertIn('1 error, 1 hint\n', words)

    def test_colours_only_where_asked_for(self):
        self.assertIn('\x1b[1;31mERROR', render(report(_ERROR), 80, colour=True))
        self.assertNotIn('\x1b', render(report(_ERROR), 80, colour=False))

    def test_narrow_terminal(self):
        words = render(report(_ERROR), 1, colour=False)
        self.assertTrue(all(len(line) <= 42 for line in words.splitlines()))
