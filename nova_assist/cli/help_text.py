# SPDX-License-Identifier: Apache-2.0
"""The prose of ``--help``: what each command is for, by example, and the exit codes."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class CommandText:
    """The help of one command."""

    summary: str
    description: str
    epilog: str


DESCRIPTION = """\
Judge the snapshot lifecycle of a Cinder volume driver, offline and through Nova,
with a real Cinder and QEMU's real block layer, on this machine and without root."""

EPILOG = """\
examples:
  nova-assist run                      every scenario, over this project's NFS driver
  nova-assist run --list               what the scenarios are
  nova-assist report -f html >r.html   the last run's report once more
  nova-assist cloud                    only the cloud, to be used by hand
  nova-assist check --access SHARE     why the driver would refuse a share

"nova-assist COMMAND --help" tells more. Colours: only on a terminal, and not
where NO_COLOR is set."""

RUN = CommandText(
    summary='run the scenarios, judge each step, write a report',
    description="""\
Start a cloud, run each scenario through the REST APIs, and after each step judge
the data, the backing chains, left-over files, and owner and mode of every file.
Prints a table, and writes report.json, junit.xml, report.html and logs/.
Progress goes to stderr.

With --secure, Cinder and every QEMU run under accounts of their own, which have to
share a group; the share's folder belongs to that group and passes it on (chmod 2775).
Then the files are also watched at every moment, the hypervisor has to be able to open
each, outsiders and a squashed root none, and a driver that asks for root fails.""",
    epilog="""\
examples:
  nova-assist run
  nova-assist run --scenario NAME --seed 7
  nova-assist run --driver cinder.volume.drivers.nfs.NfsDriver --report nova-assist-report-control
  nova-assist run --share filer:/cinder --option nfs_mount_options=vers=4.2
  sudo nova-assist run --secure --share filer:/cinder --account hypervisor=qemu
  nova-assist run -f json | jq .totals

exit codes:
  0    all passed; scenarios that say why they could not be run don't count
  1    some failed, or are unknown: the judge could not look
  2    could not run: wrong arguments, no cloud, one that broke down before anything
       failed, or every scenario not run
  130  interrupted (SIGINT, SIGTERM, SIGHUP); what was found so far is reported""",
)

CLOUD = CommandText(
    summary='start the cloud and leave it to you',
    description="""\
Start a real Cinder and the embedded compute service in the foreground, and print
what the openstack command and the Python clients (python-cinderclient,
python-novaclient) need to talk to them; the cinder and nova commands can't use it.
Ctrl-C stops the cloud; nothing is left running.""",
    epilog="""\
examples:
  nova-assist cloud
  nova-assist cloud --cinder-port 8776 --compute-port 8774 --keep
  nova-assist cloud --driver cinder.volume.drivers.nfs.NfsDriver -f json

exit codes:
  0  stopped by Ctrl-C (SIGINT), SIGTERM or SIGHUP once it was up
  2  could not run
  130  interrupted before it was up""",
)

CHECK = CommandText(
    summary='look at a share as the driver does, and say what to change',
    description="""\
Look at a mounted share as the driver does when cinder-volume starts: who it works
as, whether root is squashed (if you are root), owner, group and mode of the folder
and of new files, where locks go, files that a hypervisor has taken. It says what
to change, in the export, the groups or qemu.conf, and leaves nothing behind.
It looks as for secure mode with snapshots: files of mode 0660, locks needed.""",
    epilog="""\
examples:
  sudo nova-assist check --access filer:/cinder --account cinder
  nova-assist check --access /var/lib/cinder/mnt/0123abcd -f json | jq .refusals

exit codes:
  0  the driver would use this share; there may be advice
  1  it would refuse it
  2  could not look: not mounted, no such account""",
)

REPORT = CommandText(
    summary="print a run's report once more",
    description="""\
Read the report.json of a run and print it in another form on stdout.""",
    epilog="""\
examples:
  nova-assist report
  nova-assist report nova-assist-report-control -f junit >junit.xml

exit codes:
  0  printed, whatever the verdicts are
  2  there is no report, or it is damaged""",
)
