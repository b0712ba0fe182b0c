# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import http.server
import threading
import unittest
from collections.abc import Iterator
from contextlib import contextmanager

from nova_assist.compute import errors
from nova_assist.compute.credentials import Plain
from nova_assist.compute.keys import BarbicanKeys, FixedKey

ONLY = '00000000-0000-0000-0000-000000000000'


class FixedKeyTest(unittest.IsolatedAsyncioTestCase):
    async def test_the_only_key_is_the_passphrase(self) -> None:
        self.assertEqual('c0ffee', await FixedKey('c0ffee').passphrase(ONLY, 't'))

    async def test_another_key_or_none_is_refused_and_nothing_is_shown(self) -> None:
        for key, wanted in (('c0ffee', 'another'), (None, ONLY)):
            with self.assertRaisesRegex(errors.KeyManagerError, f'no key {wanted}') as raised:
                await FixedKey(key).passphrase(wanted, 't')
            self.assertNotIn('c0ffee', str(raised.exception))


@contextmanager
def answering(status: int, content: bytes) -> Iterator[str]:
    """Answer so to whoever asks for the payload of "known" with a token; gives the URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = (self.path, self.headers['X-Auth-Token'], self.headers['Accept'])
            right = asked == ('/v1/secrets/known/payload', 'token', 'application/octet-stream')
            self.send_response(status if right else 400)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f'http://127.0.0.1:{server.server_port}'
        finally:
            server.shutdown()
            thread.join()


class BarbicanKeysTest(unittest.IsolatedAsyncioTestCase):
    async def test_the_passphrase_is_the_key_in_hexadecimal_digits(self) -> None:
        with answering(200, b'\x00\xff\r\n') as url:
            found = await BarbicanKeys(url, Plain()).passphrase('known', 'token')
        self.assertEqual('00ff0d0a', found)

    async def test_refusals_are_told_in_one_line_without_what_came_with_them(self) -> None:
        for status, said in (
            (401, '401 Unauthorized'),
            (403, '403 Forbidden'),
            (404, '404 Not Found'),
            (410, '410 Gone'),
            (500, '500 Internal Server Error'),
            (503, '503 Service Unavailable'),
        ):
            with self.subTest(status), answering(status, b'c0ffee') as url:
                with self.assertRaises(errors.KeyManagerError) as raised:
                    await BarbicanKeys(url, Plain()).passphrase('known', 'token')
                self.assertEqual(
                    f'the key known is not to be had: Barbican at {url} answers {said}',
                    str(raised.exception),
                )

    async def test_one_that_is_down_is_told_of(self) -> None:
        with answering(200, b'') as url:
            pass
        with self.assertRaisesRegex(errors.KeyManagerError, f'{url} can not be asked: Connect'):
            await BarbicanKeys(url, Plain()).passphrase('known', 'token')
