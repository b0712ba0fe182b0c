# SPDX-License-Identifier: Apache-2.0
import unittest

from nova_assist.ci.secrets import Masker


def masked(*lines, settings=False):
    masker = Masker(settings=settings)
    return [masker.line(line) for line in lines]


class MaskerTest(unittest.TestCase):
    def test_settings_lose_all_of_the_value(self):
        for name in (
            *('password', 'admin_password', 'SERVICE_PASSWORD', 'transport_url', 'connection'),
            *('slave_connection', 'memcache_secret_key', 'auth_token', 'nova_api_key', 'os_pass'),
        ):
            self.assertEqual([f'{name} = ***'], masked(f'{name} = a b#c "d', settings=True), name)
        for line, expected in (
            ('#password=abc', '#password=***'),
            ('export OS_PASSWORD=a;b', 'export OS_PASSWORD=***'),
            ('password: a b', 'password: ***'),
        ):
            self.assertEqual([expected], masked(line, settings=True))

    def test_value_that_goes_on_in_further_lines(self):
        self.assertEqual(
            ['password = ***', '    ***', '', 'user = u', '  v'],
            masked('password = a', '\tb', '', 'user = u', '  v', settings=True),
        )

    def test_settings_that_are_no_secrets_stay(self):
        for line in (
            'volume_driver = vendor.nfs.Driver',
            'connection_recycle_time = 3600',
            'token_expiration = 60',
            'nas_secure_file_operations = true',
            '[keystone_authtoken]',
            'password =',
        ):
            self.assertEqual([line], masked(line, settings=True))

    def test_secrets_in_the_middle_of_a_log(self):
        for line, expected in (
            ('x adminPass: abc, b', 'x adminPass: ***, b'),
            ("{'password': 'a b', 'c': 1}", "{'password': '***', 'c': 1}"),
            ('{"X-Auth-Token": "abc"}', '{"X-Auth-Token": "***"}'),
            (r'{"password": "a\"b", "c": 1}', '{"password": "***", "c": 1}'),
            (r'"{\"password\": \"a b\"}"', r'"{\"password\": \"***\"}"'),
            ('password="cut off [...]', 'password="***"'),
            (
                '{&#34;password&#34;: &#34;a &amp; b&#34;, c',
                '{&#34;password&#34;: &#34;***&#34;, c',
            ),
            ("password=b'ab', c", "password='***', c"),
            ('create --password a,b demo', 'create --password *** demo'),
            ("create --os-password 'a b' c", "create --os-password '***' c"),
            ('at mysql://root:a@b@127.0.0.1/c', 'at mysql://root:***@127.0.0.1/c'),
            ('rabbit://u:p1@h1:5672,u:p2@h2:5672/', 'rabbit://u:***@h2:5672/'),
            ('token gAAAAABmVzE2NDU2Nzg5MGFiY2RlZg is', 'token *** is'),
        ):
            self.assertEqual([expected], masked(line))

    def test_what_only_looks_like_one_stays(self):
        for line in (
            '{"pass": 24, "fail": 0}',
            'Passed: 560',
            'see http://h:80/a',
            '1 secret',
            '--password --id 1',
        ):
            self.assertEqual([line], masked(line))
            self.assertEqual([line], masked(line + '\r\n'))

    def test_hostile_line_of_the_longest_length_ends(self):
        for part in (
            *('password', 'token=', '://a:', '"secret":', 'x', '--password ', 'token="\\'),
            *('--key-', 'token=&#34;', 'token=&#34;&'),
            *(r'token=\"', r'token:\\\'', "--a-token '\\"),
        ):
            masked(part * (65536 // len(part)))
            masked(part * (65536 // len(part)), settings=True)
