# SPDX-License-Identifier: Apache-2.0
import bz2
import gzip
import lzma
import os
import pathlib
import tempfile
import unittest

from nova_assist.ci.errors import OutputError
from nova_assist.ci.logs import look
from nova_assist.ci.publishing import publish


class PublishTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name, 'in')
        self.output = pathlib.Path(folder.name, 'out')
        for made in (self.folder, self.output / 'logs'):
            made.mkdir(parents=True)

    def publish(self, **files):
        for name, content in files.items():
            (self.folder / name.replace('__', '.')).write_bytes(content)
        published, left_out = publish(look(self.folder, self.output), self.output)
        texts = {each.place: (self.output / each.place).read_text() for each in published}
        return texts, [log.name for log in left_out]

    def test_packed_logs_are_unpacked_and_all_are_texts(self):
        texts, left_out = self.publish(
            a__log=b'one\n', b__log__gz=gzip.compress(b'two\n'), c__txt__xz=lzma.compress(b'3'),
            d__conf__bz2=bz2.compress(b'password=4\n'),
        )  # fmt: skip
        self.assertEqual(
            {
                'logs/a.log.txt': 'one\n',
                'logs/b.log.txt': 'two\n',
                'logs/c.txt': '3\n',
                'logs/d.conf.txt': 'password=***\n',
            },
            texts,
        )
        self.assertEqual([], left_out)

    def test_any_name_becomes_one_that_a_url_and_a_file_system_take(self):
        deep = self.folder / ('d' * 200)
        deep.mkdir()
        (deep / ('e' * 150)).write_bytes(b'deep')
        texts, _ = self.publish(**{os.fsdecode(b'x\xff y'): b'odd'})
        self.assertEqual(
            {f'logs/{"d" * 49}-{"e" * 150}.txt': 'deep\n', 'logs/x--y.txt': 'odd\n'}, texts
        )

    def test_logs_of_one_name_each_have_a_text(self):
        texts, _ = self.publish(a__log=b'1', a__log__gz=gzip.compress(b'2'), a__log__txt=b'3')
        self.assertEqual({'1\n', '2\n', '3\n'}, set(texts.values()))

    def test_log_in_a_folder(self):
        (self.folder / 'sub').mkdir()
        (self.folder / 'sub/a.log').write_text('x')
        self.assertEqual(['logs/sub-a.log.txt'], list(self.publish()[0]))

    def test_what_no_browser_shows_is_left_out(self):
        texts, left_out = self.publish(
            a__tgz=b'x', b__bin=b'a\0b', c__html=b'<script>', d__subunit=b'\xb3'
        )
        self.assertEqual({}, texts)
        self.assertEqual(['a.tgz', 'b.bin', 'c.html', 'd.subunit'], left_out)

    def test_bytes_that_are_no_text(self):
        texts, _ = self.publish(a__log=b'\xff\xfe caf\xc3\xa9\n')
        self.assertEqual('\\xff\\xfe café\n', texts['logs/a.log.txt'])

    def test_line_without_end_is_cut(self):
        texts, _ = self.publish(a__log=b'x' * (200 << 10) + b'\nnext\n')
        first, second = texts['logs/a.log.txt'].splitlines()
        self.assertEqual((65536 + len(' [...]'), 'next'), (len(first), second))

    def test_secret_beyond_the_cut_is_not_published(self):
        texts, _ = self.publish(a__log=b'x' * 65530 + b'password=t0psecret\n')
        self.assertNotIn('t0psecret', texts['logs/a.log.txt'])

    def test_log_that_is_damaged_is_published_as_far_as_it_goes(self):
        packed = gzip.compress(b'first\n' + os.urandom(9000).hex().encode())
        texts, left_out = self.publish(a__log__gz=packed[:3000], b__log__gz=b'no gzip')
        self.assertEqual([], left_out)
        self.assertTrue(texts['logs/a.log.txt'].startswith('first\n'))
        for text in texts.values():
            self.assertIn("log.gz can't be read", text.splitlines()[-1])

    def test_output_that_can_not_be_written(self):
        (self.output / 'logs').rmdir()
        with self.assertRaisesRegex(OutputError, "can't be written"):
            self.publish(a__log=b'x')
