# SPDX-License-Identifier: Apache-2.0
"""What a subunit stream says, as a page and as a console tells it: results.py STREAM PAGE TEXT.

Main function: :func:`main`. It runs in the environment of tempest, and needs nothing but
python-subunit, with which stestr has written the stream.
"""

import collections
import html
import pathlib
import sys

import subunit
import testtools

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>tempest: {counts}</title><style>
body {{ font-family: sans-serif; margin: 2em }} td, th {{ text-align: left; padding: 0.2em 1em }}
.fail {{ background: #fcc }} .skip {{ color: #777 }} pre {{ background: #eee; padding: 1em }}
</style></head><body><h1>tempest: {counts}</h1>
{failures}<h2>All tests</h2><table><tr><th>Result<th>Seconds<th>Test<th>Reason</tr>
{rows}</table></body></html>
"""
_FAILURE = '<h2 id="{name}">{name}</h2>\n<pre>{told}</pre>\n'
_ROW = '<tr class="{status}"><td>{status}<td>{seconds:.1f}<td>{name}<td>{reason}</tr>\n'
_LINE = '{{{worker}}} {name} [{seconds:.6f}s] ... {status}\n'
_WORDS = {'success': 'ok', 'uxsuccess': 'fail', 'xfail': 'ok'}


def _read(stream):
    """Return the tests of a stream in the order in which they ended."""
    tests = []
    parsed = testtools.StreamToDict(tests.append)
    parsed.startTestRun()
    subunit.ByteStreamToStreamResult(stream, non_subunit_name='stdout').run(parsed)
    parsed.stopTestRun()
    return [_described(test) for test in tests if test['status'] != 'exists']


def _described(test):
    """Return what page and text say of a test."""
    begun, ended = test['timestamps']
    status = _WORDS.get(test['status'], test['status'])
    told = {
        name: content.as_text().strip()
        for name, content in test['details'].items()
        if content.content_type.type == 'text'
    }
    workers = [tag[7:] for tag in test['tags'] if tag.startswith('worker-')]
    return {
        'name': test['id'],
        # One that was begun and never ended has failed, as far as anybody knows.
        'status': status if status in ('ok', 'skip') else 'fail',
        'seconds': (ended - begun).total_seconds() if begun and ended else 0.0,
        'worker': workers[0] if workers else '-',
        'reason': told.get('reason', ''),
        'told': '\n'.join(f'{name}:\n{text}' for name, text in sorted(told.items()) if text),
    }


def _page(tests, counts):
    """Return the page."""
    safe = [_escaped(each) for each in tests]
    failures = ''.join(_FAILURE.format(**each) for each in safe if each['status'] == 'fail')
    rows = ''.join(_ROW.format(**each) for each in safe)
    return _PAGE.format(counts=counts, failures=failures, rows=rows)


def _escaped(test):
    """Return a test with texts that HTML can have."""
    return {key: html.escape(v) if isinstance(v, str) else v for key, v in test.items()}


def _text(tests, counts):
    """Return what a console tells."""
    lines = []
    for each in tests:
        lines.append(_LINE.format(**each))
        if each['status'] == 'fail':
            lines.append(f'\n{each["told"]}\n\n')
        elif each['reason']:
            lines.append(f'    {each["reason"]}\n')
    return f'{"".join(lines)}\n{counts}\n'


def main(stream, page, text):
    """Read a stream, and write the page and the text."""
    with open(stream, 'rb') as file:
        tests = _read(file)
    count = collections.Counter(each['status'] for each in tests)
    counts = f'{count["ok"]} passed, {count["skip"]} skipped, {count["fail"]} failed'
    pathlib.Path(page).write_text(_page(tests, counts), encoding='utf-8')
    pathlib.Path(text).write_text(_text(tests, counts), encoding='utf-8')


if __name__ == '__main__':
    main(*sys.argv[1:])
