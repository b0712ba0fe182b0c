# SPDX-License-Identifier: Apache-2.0
"""What to run in a third-party CI, in which order; main function: :func:`steps`.

What is quick and tells most comes first, so that a broken driver never costs a devstack.
"""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import PurePosixPath

from nova_assist.ci.change import Change

#: Cinder's checklist asks for "tox -e all -- *volume*" and for all of cinder-tempest-plugin.
TESTS = r'volume|^cinder_tempest_plugin\.|^tempest_plugin\.'

#: Who runs them: devstack's account, which may use sudo and to which the exported folder belongs.
ACCOUNT = 'stack'

_HERE = 'measured on 2 busy cores, 2026-11-28'
_ANY = '--project openstack/cinder --change NUMBER --patchset NUMBER'
_MOUNT = '/mnt/nova-assist-ci'
_TEMPEST = '/opt/stack/tempest'
_STESTR = '.tox/tempest/bin/stestr'


@dataclasses.dataclass(frozen=True)
class Step:
    """One step.

    :ivar shows: what is known after it.
    :ivar commands: lines for a shell, in order.
    :ivar takes: how long it takes, for people.
    :ivar source: where that figure comes from.
    """

    name: str
    shows: str
    commands: tuple[str, ...]
    takes: str
    source: str


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is tested; ``logs`` is the folder that everything goes to."""

    driver: str
    export: str
    logs: str
    change: Change | None = None


def steps(subject: Subject) -> tuple[Step, ...]:
    """Return the steps in their order."""
    return (
        _conformance(subject),
        _share(subject),
        _run(subject),
        _devstack(subject),
        _tempest(subject),
        _collect(subject),
        _page(subject),
    )


def _conformance(subject: Subject) -> Step:
    report = _in(subject, 'conformance.json')
    return Step(
        'conformance',
        'whether the class has what this Cinder calls, and VERSION and CI_WIKI_NAME',
        (
            f'mkdir -p {_in(subject)}',
            f'nova-assist conformance {subject.driver} -f json >{report}',
        ),
        '8 s',
        _HERE,
    )


def _share(subject: Subject) -> Step:
    return Step(
        'share',
        'who works on the export, with which rights, and what to change there',
        (
            f'sudo mkdir -p {_MOUNT}',
            f'sudo mount -t nfs {shlex.quote(subject.export)} {_MOUNT}',
            f'nova-assist check --access {_MOUNT} -f json >{_in(subject, "access.json")}',
        ),
        '1 s',
        f'{_HERE}, on a local folder',
    )


def _run(subject: Subject) -> Step:
    # Given the export it would mount it as root, and work there as root, who may be squashed.
    return Step(
        'fast tier',
        'the life of snapshots on the export, without devstack: data, chains, files and modes',
        (
            f'nova-assist run --driver {subject.driver} --share {_MOUNT} '
            f'--report {_in(subject, "run")}',
            f'sudo umount {_MOUNT}',
        ),
        '5 min',
        f"28 scenarios in 48 s with this project's driver, on a local folder; {_HERE}",
    )


def _devstack(subject: Subject) -> Step:
    options = f' {subject.change.options()}' if subject.change else ''
    return Step(
        'devstack',
        'that a whole OpenStack comes up with the driver, and with no other',
        (
            f'nova-assist ci local-conf --driver {subject.driver} '
            f'--share {shlex.quote(subject.export)}{options} >~/devstack/local.conf',
            '~/devstack/stack.sh',
        ),
        'part of the 3 h of the next step',
        'not measured by this project',
    )


def _tempest(subject: Subject) -> Step:
    skips = _in(subject, 'skips.txt')
    selected = f"'{TESTS}' --exclude-list {skips}"
    return Step(
        'tempest',
        'all volume tests, all of cinder-tempest-plugin, and the lifecycle by the plugin',
        (
            f'cd {_TEMPEST}',
            f'nova-assist ci skips -f exclude-list >{skips}',
            f'tox -q -e all -- {selected} --list-tests >{_in(subject, "tests.txt")}',
            f'tox -e all -- {selected} --concurrency 2 2>&1 | tee {_in(subject, "console.log")}',
            f'{_STESTR} last --subunit >{_in(subject, "tempest.subunit")}',
        ),
        'up to 3 h with devstack',
        "the limit of the job devstack-plugin-nfs-tempest-full, 10800 s; the plugin's 64 "
        'scenario tests alone took 92 min on an emulated stack (contributor/stack)',
    )


def _collect(subject: Subject) -> Step:
    return Step(
        'collect',
        'what else reviewers look at',
        (
            f'cp /etc/cinder/cinder.conf ~/devstack/local.conf {_in(subject)}',
            'for unit in c-api c-sch c-vol c-bak n-api n-cpu; do sudo journalctl --no-pager '
            f'-o short-precise -u devstack@$unit >{_in(subject)}/$unit.log; done',
            "find /opt/stack/data/cinder/mnt -printf '%M %u:%g %s %p\\n' "
            f'>{_in(subject, "share.txt")}',
        ),
        'seconds',
        'not measured by this project',
    )


def _page(subject: Subject) -> Step:
    change = subject.change.options() if subject.change else _ANY
    return Step(
        'page',
        'what to publish, and what is missing of what Cinder asks for',
        (f'nova-assist ci page --logs {_in(subject)} --output {_in(subject)}-page {change}',),
        '17 s of a processor for each 100 MB of logs',
        f'{_HERE}; 40 MB of memory',
    )


def _in(subject: Subject, name: str = '') -> str:
    """Return a path in the folder of logs, for a shell."""
    return shlex.quote(str(PurePosixPath(subject.logs, name)))
