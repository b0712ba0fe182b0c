# SPDX-License-Identifier: Apache-2.0
"""A folder of logs as a CI run leaves it, with results as python-subunit writes them."""

from __future__ import annotations

import datetime
import io
import json
import pathlib
from typing import Any

import subunit

from nova_assist.reports import json_form
from tests.unit.nova_assist.reports import samples

BEGAN = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
DRIVER = 'vendor.nfs.Driver'
VOLUME_TEST = 'tempest.api.volume.test_volumes_get.VolumesGetTest.test_get'
PLUGIN_TEST = 'cinder_tempest_plugin.scenario.test_snapshots.Snapshots.test_a'
SKIPPED_CLASS = 'cinder_tempest_plugin.scenario.test_volume_multiattach.VolumeMultiattachTests'

CINDER_CONF = f"""\
[DEFAULT]
enabled_backends = nfs
transport_url = rabbit://stackrabbit:t0psecret@192.0.2.1:5672/
[database]
connection = mysql+pymysql://root:t0psecret@127.0.0.1/cinder
[keystone_authtoken]
password = t0p secret
  t0psecret too
[nfs]
volume_driver = {DRIVER}
"""


def stream(*tests: tuple[str, str, dict[str, str]]) -> bytes:
    """Return results: name, status, details by name."""
    content = io.BytesIO()
    out = subunit.StreamResultToBytes(content)
    for name, status, details in tests:
        if not name.startswith('setUpClass'):
            out.status(test_id=name, test_status='inprogress', timestamp=BEGAN)
        for key, text in details.items():
            out.status(
                test_id=name,
                file_name=key,
                file_bytes=text.encode(),
                mime_type='text/plain; charset=utf8',
                eof=True,
            )
        ended = BEGAN + datetime.timedelta(seconds=2)
        out.status(test_id=name, test_status=status, timestamp=ended)
    return content.getvalue()


PASSED = (
    (f'{VOLUME_TEST}[id-1,smoke]', 'success', {}),
    (f'{PLUGIN_TEST}[id-2]', 'success', {}),
    (f'setUpClass ({SKIPPED_CLASS})', 'skip', {'reason': 'Volume multi-attach is not available.'}),
)


def conformance(**changed: Any) -> str:
    """Return what ``nova-assist conformance -f json`` prints."""
    content = {
        'driver': DRIVER,
        'version': '1.2.3',
        'ci_wiki_name': 'Vendor_NFS_CI',
        'findings': [],
        **changed,
    }
    return json.dumps(content)


def fill(folder: pathlib.Path) -> None:
    """Put everything that Cinder asks for into a folder."""
    texts = {
        'conformance.json': conformance(),
        'console.log': f'{VOLUME_TEST} ... ok\n',
        'cinder.conf': CINDER_CONF,
        'tests.txt': (
            f'{VOLUME_TEST}[id-1,smoke]\n{PLUGIN_TEST}[id-2]\n{SKIPPED_CLASS}.test_a[id-3]\n'
        ),
        'run/report.json': json_form.render(samples.report(samples.passed())),
        'run/logs/log-cinder.log': 'a log of the run\n',
        'share.txt': '-rw-rw---- cinder:volumes 1073741824 volume-1\n',
        **{f'c-{name}.log': f'the log of {name}\n' for name in ('api', 'sch', 'vol')},
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / 'tempest.subunit').write_bytes(stream(*PASSED))
