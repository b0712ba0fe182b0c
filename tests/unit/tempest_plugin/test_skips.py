# SPDX-License-Identifier: Apache-2.0
import configparser
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

#: Prints why a class is skipped, and which account calls as Cinder does.
_PROGRAM = """
import importlib, json, sys
module, name = sys.argv[1].rsplit('.', 1)
tests = getattr(importlib.import_module('tempest_plugin.' + module), name)
tests = type(name, (tests,), json.loads(sys.argv[2]))
try:
    tests.skip_checks()
except Exception as reason:
    print(type(reason).__name__, str(reason).replace(chr(10), ' '))
else:
    roles = [wanted[1:] for wanted in tests.credentials if wanted[0] == 'service_user']
    print('runs as', *(roles[0] if roles else ['anybody']))
"""

_GROUPS = {'compute_feature_enabled': 'compute-feature-enabled'}
_PATH = os.pathsep.join(filter(None, sys.path))


def outcome(tests, needs=None, accounts=None, **sections):
    """Return what becomes of a test class in a process of its own, with its own tempest.conf.

    :param needs: attributes that the class has besides its own
    :param accounts: the roles of each account in the file of accounts; None if there is no file
    """
    with tempfile.TemporaryDirectory() as folder:
        parser = configparser.ConfigParser(interpolation=None)
        if accounts is not None:
            sections['auth'] = _accounts(pathlib.Path(folder, 'accounts.yaml'), accounts)
        parser.read_dict(
            {
                'oslo_concurrency': {'lock_path': folder},
                **{_GROUPS.get(name, name): options for name, options in sections.items()},
            }
        )
        path = pathlib.Path(folder, 'tempest.conf')
        with path.open('w') as file:
            parser.write(file)
        _install(pathlib.Path(folder, 'nova_assist-0.dist-info'))
        done = subprocess.run(
            [sys.executable, '-c', _PROGRAM, tests, json.dumps(needs or {})],
            env={
                **os.environ,
                'TEMPEST_CONFIG_DIR': folder,
                'PYTHONPATH': os.pathsep.join([folder, *sys.path]),
                'XDG_CACHE_HOME': folder,
            },
            capture_output=True,
            text=True,
        )
        # Tempest logs to stdout, too.
        return done.stdout.strip().splitlines()[-1]


def _accounts(file, roles):
    """Write a file of accounts, and return the options that have tempest use it."""
    listed = [
        {'username': f'user{number}', 'project_name': 'p', 'password': 'secret', 'roles': each}
        for number, each in enumerate(roles)
    ]
    file.write_text(json.dumps(listed))
    return {'use_dynamic_credentials': False, 'test_accounts_file': file}


def _install(folder):
    """Have tempest find the plugin as it is here, whatever of it is installed."""
    folder.mkdir()
    (folder / 'METADATA').write_text('Metadata-Version: 2.1\nName: nova-assist\nVersion: 0\n')
    (folder / 'entry_points.txt').write_text(
        '[tempest.test_plugins]\n'
        'assisted_snapshots = tempest_plugin.plugin:AssistedSnapshotsPlugin\n'
    )


class SkipTest(unittest.TestCase):
    def test_class_runs_where_nothing_is_lacking(self):
        self.assertEqual(
            'runs as admin service', outcome('api.test_assisted_requests.AssistedRequestsTest')
        )

    def test_service_role_calls_alone_where_nova_lets_it(self):
        self.assertEqual(
            'runs as service',
            outcome(
                'api.test_assisted_requests.AssistedRequestsTest',
                enforce_scope={'nova': True},
                compute_feature_enabled={'nova_policy_roles': 'admin,service'},
            ),
        )

    def test_reason_names_what_is_to_be_set(self):
        permissions = 'scenario.test_permissions.AttachedPermissionsTest'
        share = {'share_access': 'local', 'share_path': '/s'}
        for tests, reason, sections in (
            (permissions, '[service_available] cinder', {'service_available': {'cinder': False}}),
            (permissions, '[service_available] nova', {'service_available': {'nova': False}}),
            (permissions, 'online is not set', {'assisted_snapshots': {'online': False}}),
            (permissions, 'share_access is "none"', {}),
            (permissions, 'nothing is expected of the files', {'assisted_snapshots': share}),
            (
                'api.test_assisted_requests.AssistedMultiattachTest',
                'volume_multiattach',
                {'compute': {'max_microversion': '2.96'}},
            ),
            ('api.test_assisted_requests.AssistedQueryTest', 'microversion', {}),
            ('api.test_snapshot_status.SnapshotStatusReaderTest', '[enforce_scope] cinder', {}),
        ):
            with self.subTest(reason):
                said = outcome(tests, **sections)
                self.assertIn(reason, said)
                self.assertTrue(said.startswith('SkipTest '), said)

    def test_depth_that_a_class_needs_is_the_options_to_allow(self):
        tests = 'api.test_snapshot_status.SnapshotStatusTest'
        for needed, said in (
            (2, 'runs as anybody'),
            (3, 'SkipTest [assisted_snapshots] depth is 2, less than 3'),
        ):
            with self.subTest(needed):
                self.assertEqual(
                    said,
                    outcome(tests, {'needs_depth': needed}, assisted_snapshots={'depth': 2}),
                )

    def test_accounts_that_a_class_needs_have_to_be_in_the_file(self):
        callers = 'api.test_assisted_callers.AssistedCallersTest'
        readers = 'api.test_snapshot_status.SnapshotStatusReaderTest'
        others = [['admin'], ['member'], ['member']]
        lacks = 'SkipTest [auth] test_accounts_file lacks an account with '
        for tests, further, said in (
            (callers, [['admin', 'service'], ['reader']], 'runs as admin service'),
            (callers, [['admin', 'service'], ['reader', 'admin']], f'{lacks}reader'),
            (callers, [['service'], ['reader']], f'{lacks}admin and service'),
            (callers, [], f'{lacks}reader, an account with admin and service'),
            (readers, [], f'{lacks}reader'),
        ):
            with self.subTest(tests, further=further):
                self.assertEqual(
                    said,
                    outcome(tests, accounts=others + further, enforce_scope={'cinder': True}),
                )

    def test_class_without_servers_needs_no_nova(self):
        self.assertEqual(
            'runs as anybody',
            outcome(
                'api.test_snapshot_status.SnapshotStatusTest', service_available={'nova': False}
            ),
        )

    def test_impossible_options_fail_instead(self):
        said = outcome(
            'api.test_snapshot_status.SnapshotStatusTest',
            assisted_snapshots={'share_access': 'local'},
        )
        self.assertIn('share_path is not set', said)
        self.assertTrue(said.startswith('InvalidConfiguration '), said)
