# SPDX-License-Identifier: Apache-2.0
"""The prose of ``nova-assist ci --help`` and of its helpers."""

from __future__ import annotations

from nova_assist.cli.help_text import CommandText

CI = CommandText(
    summary="what a vendor's third-party CI needs: order, local.conf, skips, result page",
    description="""\
Helpers for a third-party CI as Cinder asks for it: what to run and in which order, a
local.conf for devstack, which tests are skipped and why, and the page to publish.""",
    epilog="""\
examples:
  nova-assist ci plan --driver vendor.Class --share filer:/export
  nova-assist ci local-conf --driver vendor.Class --share filer:/export >local.conf
  nova-assist ci skips -f exclude-list >skips.txt
  nova-assist ci page --logs ci-logs --output ci-page

"nova-assist ci HELPER --help" tells more.""",
)

PLAN = CommandText(
    summary='what to run, in which order, and how long it takes',
    description="""\
Print the steps of a third-party CI with their commands, ready to be pasted: what is
quick comes first, devstack and tempest last. Each figure says where it comes from.""",
    epilog="""\
examples:
  nova-assist ci plan --driver vendor.Class --share filer:/export
  nova-assist ci plan --driver vendor.Class --share filer:/export -f json | jq .steps

exit codes:
  0  printed
  2  wrong arguments""",
)

LOCAL_CONF = CommandText(
    summary='a ready local.conf for devstack',
    description="""\
Print devstack/samples/vendor.conf with the vendor's three lines filled in: the class
of the driver, the server, the folder that it exports. With --change, devstack checks out
that change of cinder or os-brick.""",
    epilog="""\
examples:
  nova-assist ci local-conf --driver vendor.Class --share filer:/export >local.conf
  nova-assist ci local-conf --driver vendor.Class --share filer:/export \\
      --project openstack/cinder --change 657856 --patchset 2 >local.conf

exit codes:
  0  printed
  2  wrong arguments""",
)

SKIPS = CommandText(
    summary='which tests are skipped, why, and the plan to run them',
    description="""\
Print the tests of tempest, cinder-tempest-plugin and this project's plugin that are not
run or skip themselves on devstack with one NFS backend, each with reason and plan, as
Cinder asks for. A list of your own (--skips FILE) comes before it:

  not_run:                # these go to tempest run --exclude-list
  - test: a regular expression
    reason: one line
    plan: one line
  skipped: []             # of the same form""",
    epilog="""\
examples:
  nova-assist ci skips
  nova-assist ci skips --skips our-skips.yaml -f exclude-list >skips.txt
  tempest run --regex volume --exclude-list skips.txt

exit codes:
  0  printed
  2  a list can't be read, or lacks a reason or a plan""",
)

PAGE = CommandText(
    summary='the page to publish, and what is missing on it',
    description="""\
Read a folder of logs, judge it by Cinder's rules, and write index.html: verdict, rules,
failures with their traces, skips with reason and plan, all results, logs. Short logs are
on the page; all lie as texts in logs/ beside it, unpacked, passwords and tokens masked.

Files are known by their names, in any folder below; .txt, .gz, .bz2 or .xz may follow:
  tempest.subunit      stestr last --subunit
  tests.txt            tempest run --list-tests
  console.log          what tempest has printed
  cinder.conf, c-api.log, c-sch.log, c-vol.log, c-bak.log, and cinder-volume.log etc.
  conformance.json     nova-assist conformance CLASS -f json
  report.json          nova-assist run, optional
  share.txt            what is on the share, optional
All other texts are published too; archives are not, and are told as a fault. An empty
file counts as one that is not there.

The change is taken from ZUUL_CHANGE or GERRIT_CHANGE_NUMBER etc. if it is not given.""",
    epilog="""\
examples:
  nova-assist ci page --logs ci-logs --output ci-page
  nova-assist ci page --logs ci-logs --output ci-page --skips our-skips.yaml \\
      --project openstack/cinder --change 657856 --patchset 2
  nova-assist ci page --logs ci-logs --output ci-page -f json | jq .missing

exit codes:
  0    written; no test failed, and nothing is missing of what Cinder asks for
  1    written; a test or a scenario failed, or something is missing. Publish it all the same
  2    not written: no such folder, a file that is damaged, an output that is in use
  130  interrupted; remove what was written so far, the folder --output""",
)
