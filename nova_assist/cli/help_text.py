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
  nova-assist check SHARE              what is wrong with the volumes of a share
  nova-assist check --access SHARE     why the driver would refuse a share
  nova-assist chain VOLUME             the files of a volume, and who has them open
  nova-assist conformance CLASS        what Cinder expects of a driver's class in vain
  nova-assist bench                    how fast a driver is, beside Cinder's own
  nova-assist ci plan ...              what to run in a vendor's third-party CI

"nova-assist COMMAND --help" tells more. Colours: only on a terminal, and not
where NO_COLOR is set."""

RUN = CommandText(
    summary='run the scenarios, judge each step, write a report',
    description="""\
Start a cloud, or two that share the scenarios, run each of these through the
REST APIs, and after each step judge the data, the backing chains, left-over files,
and owner and mode of every file.
Prints a table, and writes report.json, junit.xml, report.html and logs/.
Progress goes to stderr.

With --secure, Cinder and every QEMU run under accounts of their own, which have to
share a group; the share's folder belongs to that group and passes it on (chmod 2775).
Then the files are also watched at every moment, the hypervisor has to be able to open
each, outsiders and a squashed root none, and a driver that asks for root fails.

With --identity keystone --key-manager barbican, encrypted volumes have keys as in a
real cloud: Cinder has Barbican make one for each volume, and compute fetches it with
the token of whoever attaches the volume. That needs more packages:
pip install '.[identity,keys]'.

With --cloud, the scenarios are played in a cloud that is there already, through the
same REST calls. Its guests boot an image (--image) that writes records by itself and
tells of them on the console. With --share, the folder in which this machine sees the
share, data and chains are judged by the volumes' files; without, data by what guests
find, which takes longer. What was not looked at is told in the report.""",
    epilog="""\
examples:
  nova-assist run
  nova-assist run --scenario NAME --seed 7
  nova-assist run --driver cinder.volume.drivers.nfs.NfsDriver --report nova-assist-report-control
  nova-assist run --share filer:/cinder --option nfs_mount_options=vers=4.2
  nova-assist run --shares 3 --scenario several-shares
  nova-assist run --cluster
  nova-assist run --cluster --scenario cluster
  sudo nova-assist run --secure --share filer:/cinder --account hypervisor=qemu
  nova-assist run --scenario encrypted --identity keystone --key-manager barbican
  nova-assist run -f json | jq .totals
  nova-assist run --cloud clouds.yaml --volume-type raw=nfs --flavor small --share /mnt/vol

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
python-novaclient) need to talk to them. The commands cinder and nova need --identity
keystone. Ctrl-C stops the cloud; nothing is left running.

With --identity keystone, users log in: clouds.yaml, and for tempest tempest.conf and
accounts.yaml, are written into the cloud's folder. That needs more packages:
pip install '.[identity]'.

With --key-manager barbican besides, the keys of encrypted volumes are in a real
Barbican (pip install '.[identity,keys]'), which "openstack secret list" asks. Only
members of a volume's project get its key, and no administrator of another one: who
attaches the volume has to be one. Otherwise one fixed key is for all volumes. A folder
that is kept needs the same key manager again, or its encrypted volumes stay closed.""",
    epilog="""\
examples:
  nova-assist cloud
  nova-assist cloud --cinder-port 8776 --compute-port 8774 --keep
  nova-assist cloud --identity keystone --keep ~/cloud
  nova-assist cloud --identity keystone --key-manager barbican
  sudo nova-assist cloud --identity keystone --secure --account hypervisor=qemu
  nova-assist cloud --driver cinder.volume.drivers.nfs.NfsDriver -f json

exit codes:
  0  stopped by Ctrl-C (SIGINT), SIGTERM or SIGHUP once it was up
  2  could not run
  130  interrupted before it was up""",
)

CHECK = CommandText(
    summary="find what is wrong with a share's volumes, and mend it; or why it is refused",
    description="""\
Compare records, backing chains, files and modes of all volumes of a mounted share,
as the driver reads them. It needs neither Cinder nor its database, changes nothing,
and can be run beside a service and guests: what it tells it has seen for two
seconds, and an operation under way is known by the lock on its journal.

With --repair, it mends what it can prove. First every QEMU is kept out of the
volume's files, so a volume that somebody has open is left alone. No data is removed;
what is replaced stays beside it as NAME.replaced-TIME. It may be interrupted and
repeated. Run it as the account of cinder-volume (--account), for what it makes is
to be that one's.

With --access SHARE, look at the share itself, as the driver does when cinder-volume
starts: who it works as, whether root is squashed (if you are root), owner, group and
mode of the folder and of new files, where locks go, files that a hypervisor has
taken. It says what to change, in the export, the groups or qemu.conf, and leaves
nothing behind. It looks as for secure mode with snapshots: files of mode 0660, locks
needed.""",
    epilog="""\
examples:
  nova-assist check filer:/cinder
  sudo nova-assist check filer:/cinder --account cinder --repair
  nova-assist check /var/lib/cinder/mnt/0123abcd -f json | jq '.findings[].volume'
  sudo nova-assist check --access filer:/cinder --account cinder

errors     data is lost, hidden or in danger, or the driver refuses the volume
warnings   works for now, and should be put right
hints      nothing is known to be wrong

exit codes:
  0  nothing was found, or hints alone; with --repair: all is mended;
     also without any volume, which a warning on stderr tells
     with --access: the driver would use this share; there may be advice
  1  errors or warnings; with --repair: some are left
     with --access: it would refuse it
  2  could not check: not mounted, no such account, or one that may not read""",
)

CHAIN = CommandText(
    summary="show a volume's files as a tree, and who has them open",
    description="""\
Show the backing chain of one volume from the active file down, as far as it can be
followed, damaged ones too: format, virtual size and bytes allocated of each file,
which snapshot's data it holds, and whether a QEMU reads or writes it. Files of the
volume that are in no chain come after it. Nothing is changed. On a share that squashes
root, look as cinder-volume's account: files have to be opened to ask for their locks.""",
    epilog="""\
examples:
  nova-assist chain 1f0c8a52-6f0e-4c1f-9d77-4d3a1a3c6b11
  nova-assist chain /var/lib/cinder/mnt/0123abcd/volume-1f0c8a52-6f0e-4c1f-9d77-4d3a1a3c6b11
  sudo nova-assist chain 1f0c8a52-6f0e-4c1f-9d77-4d3a1a3c6b11 --account cinder -f json

exit codes:
  0  shown, and nothing is wrong with it
  1  shown, and "nova-assist check" has errors or warnings to tell about it
  2  could not be shown: no such volume, not mounted, not readable""",
)

CONFORMANCE = CommandText(
    summary="compare a volume driver's class with the interfaces of the installed Cinder",
    description="""\
Compare a driver's class, any vendor's, with what Cinder takes it for: the release
that this interpreter finds. The class's module is imported; no driver is started, and
no configuration or storage is needed.

Always looked at:
  VolumeDriverCore   the interface that every driver has to have
  BaseVD             what else Cinder's manager calls, or lets drivers override;
                     cloning, a minimum feature, and exports have to be there
  driver checklist   VERSION, CI_WIKI_NAME, SUPPORTED, docstring, get_driver_options,
                     the decorator cinder.interface.volumedriver

Looked at if the class claims them: Cinder's other interfaces (groups, managing,
revert to snapshot ...), its mix-ins such as ManageableVD, and features that have no
interface, such as replication. A class claims one by deriving from it, by a method of
it that it defines, or by a capability that it reports as True, such as
replication_enabled; SUPPORTS_ACTIVE_ACTIVE adds failover in a cluster.

A method that only raises NotImplementedError is not there, unless Cinder has an
answer to that. Parameters are compared with the interface, and tried with every call
of the driver in Cinder's source.""",
    epilog="""\
examples:
  nova-assist conformance cinder.volume.drivers.nfs.NfsDriver
  PYTHONPATH=~/our-driver nova-assist conformance vendor.driver.IscsiDriver
  nova-assist conformance vendor.driver.IscsiDriver -f json | jq '.findings[].point'

errors     Cinder does not find, or can not call, what it expects; or the checklist
           has a point against it
hints      not as the interface has it, but every call of this release works

exit codes:
  0  nothing was found, or hints alone
  1  errors
  2  could not look: no such class, its module fails, or there is no Cinder""",
)

BENCH = CommandText(
    summary="measure a driver beside Cinder's own, and beside bare calls of QEMU",
    description="""\
Start a cloud for each of two drivers, and have them do the same in turn: A B A B.
Measured are snapshots taken and deleted, offline and online, end to end through REST
and in the driver alone; the floor is the same change of files made by bare calls of
QEMU, with nothing around them. Then how that grows with the depth of chains, with
volumes on the share, with volumes snapshotted at once and with the size of overlays,
and how long nova-assist itself takes. What is found is compared with targets.

All figures are medians. A ratio's spread is where it lies in nine of ten resamplings
of what was measured: a target counts as missed if it lies beyond that. Run it on a
machine that does nothing else; all of it takes some 25 minutes. Prints tables, and
writes bench.json, with every sample, and bench.html, with pictures. Progress goes to
stderr. It needs one more package: pip install '.[harness,bench]'.""",
    epilog="""\
examples:
  nova-assist bench
  nova-assist bench --list
  nova-assist bench --part snapshots --rounds 15
  nova-assist bench --driver vendor.driver.NfsDriver --part snapshots --part depth
  nova-assist bench -f json | jq '.targets[] | select(.verdict == "missed")'

exit codes:
  0    no target was missed beyond its spread; those not measured don't count
  1    one was
  2    could not measure: wrong arguments, no cloud, something that does not work
  130  interrupted""",
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
