# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import html.parser
import os
import re
import unittest

import hypothesis

from nova_assist.reports import html as html_form
from nova_assist.reports.model import Finding, RunReport, Step, Verdict
from tests.unit.nova_assist.reports import samples

_VOID = {'meta'}


class Page(html.parser.HTMLParser):
    """Checks that every element is closed in order; collects tags, links and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ''
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f'</{tag}> closes nothing')

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile(words: str) -> RunReport:
    result = samples.passed(words)
    result.reason = result.repeat = words
    finding = Finding(words, words, words, words, (words,))
    result.steps = [Step(words, Verdict.FAIL, 1.0, [finding], {words: [words, words]}, [words])]
    report = samples.report(result)
    report.driver = report.share = report.command = report.started = words
    report.versions = report.options = report.accounts = report.cloud = {words: words}
    report.logs = {words: words}
    return report


class HtmlTest(unittest.TestCase):
    def test_the_page_needs_no_other_file_and_no_script(self) -> None:
        text = html_form.render(samples.mixed())
        page = Page(text)
        self.assertFalse({'script', 'link', 'img', 'iframe'} & {tag for tag, _ in page.tags})
        self.assertFalse([attrs for _, attrs in page.tags if 'src' in attrs])
        self.assertIsNone(re.search(r'https?:|url\(|@import', text))
        self.assertIn('prefers-color-scheme: dark', text)

    def test_the_page_has_findings_versions_and_what_repeats_a_failure(self) -> None:
        text = Page(html_form.render(samples.mixed())).text
        for words in (
            '1 passed, 1 failed, 1 unknown, 1 not run',
            'data: block 7 of snapshot second has the data of a later time',
            'pattern 0x2a <of "second"> & nothing else',
            'volume-1.info',
            "not run: the driver can't extend",
            'nova-assist run --scenario online-chain-qcow2',
            '28.0.0',
        ):
            self.assertIn(words, text)

    def test_a_chain_is_a_list_from_the_active_file_to_the_base(self) -> None:
        text = Page(html_form.render(samples.report(samples.passed()))).text
        lines = [line for line in text.splitlines() if line.startswith('volume-1')]
        self.assertEqual(['volume-1.8f1c active', 'volume-1 base'], lines)

    def test_only_what_failed_or_is_unknown_is_unfolded(self) -> None:
        page = Page(html_form.render(samples.mixed()))
        unfolded = ['open' in attrs for tag, attrs in page.tags if tag == 'details']
        self.assertEqual([False, True, True, False], unfolded)

    def test_a_log_is_linked_by_a_place_beside_the_page(self) -> None:
        report = samples.mixed()
        report.logs = {'a': 'logs/a b#1.log', 'b': 'javascript:alert(1)', 'c': '//evil/c'}
        page = Page(html_form.render(report))
        links = [attrs['href'] for tag, attrs in page.tags if tag == 'a']
        self.assertEqual(
            ['./logs/a%20b%231.log', './javascript%3Aalert%281%29', './//evil/c'], links[-3:]
        )

    def test_a_log_whose_name_is_no_text_is_linked_too(self) -> None:
        report = samples.mixed()
        report.logs = {'a': os.fsdecode(b'logs/\xff.log'), 'b': 'logs/\ud800'}
        page = Page(html_form.render(report))
        links = [attrs['href'] for tag, attrs in page.tags if tag == 'a']
        self.assertEqual(['./logs/%FF.log', './logs/%3F'], links[-2:])

    def test_no_text_becomes_markup(self) -> None:
        plain = Page(html_form.render(hostile('x')))
        for words in ('<script>alert(1)</script>', '"><b>', "' onclick='x", '</style>', '{{ 1 }}'):
            with self.subTest(words):
                page = Page(html_form.render(hostile(words)))
                self.assertEqual([tag for tag, _ in plain.tags], [tag for tag, _ in page.tags])
                self.assertIn(words, page.text)

    @hypothesis.given(samples.REPORTS)
    @hypothesis.settings(max_examples=30, deadline=None)
    def test_any_report_is_a_page_with_every_element_closed(self, report: RunReport) -> None:
        text = html_form.render(report)
        text.encode()
        self.assertEqual([], Page(text).open)
