#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: server.sh EXPORTS
# Makes the lab's accounts, a file system for each line PATH:SIZE:OPTIONS of the file EXPORTS,
# and starts the kernel's NFS server on them. Changes the root file system it runs on and its
# network namespace: to be run where both are thrown away. Prints "lab failed: REASON" and
# exits 1 when something can't be had.
set -u
LEASE=10 # seconds; the kernel's default is 90, and tests wait for it after a restart
THREADS=4
EXPORT_ROOT=/mnt/export
PIPES=/var/lib/nfs/rpc_pipefs

need() {
    local said
    said=$("$@" 2>&1) || {
        echo "lab failed: $*${said:+: $said}"
        exit 1
    }
}

# Written, not made with useradd: accounts of these names or numbers that the machine has give way.
make_accounts() {
    local names='volumes cinder nova qemu outsider' name id=9000 file
    for file in passwd group shadow gshadow; do
        sed -i -E -e "/^(${names// /|}):/d" -e '/^[^:]*:[^:]*:900[0-4]:/d' /etc/$file
    done
    for name in $names; do
        echo "$name:x:$id:" >>/etc/group
        echo "$name:!::" >>/etc/gshadow
        if [ "$name" != volumes ]; then
            echo "$name:x:$id:$id::/nonexistent:/bin/bash" >>/etc/passwd
            echo "$name:*:19000::::::" >>/etc/shadow
        fi
        id=$((id + 1))
    done
    sed -i 's/^volumes:x:9000:$/&cinder,nova,qemu/' /etc/group
    if [ -d /etc/sudoers.d ]; then
        printf '%s\n' 'cinder ALL=(ALL) NOPASSWD: ALL' \
            'Defaults:cinder !secure_path, !requiretty' >/etc/sudoers.d/lab
        chmod 440 /etc/sudoers.d/lab
    fi
}

configure() {
    cat >/etc/nfs.conf <<END
[general]
pipefs-directory = $PIPES
[exports]
rootdir = $EXPORT_ROOT
[nfsd]
threads = $THREADS
grace-time = $LEASE
lease-time = $LEASE
END
}

load_modules() {
    local name
    modprobe -qa loop nfsd nfs nfsv3 nfsv4
    for name in nfsd nfs nfs4; do
        grep -qw "$name" /proc/filesystems || need modprobe "${name/nfs4/nfsv4}"
    done
}

start_helpers() {
    rm -rf /var/lib/nfs
    mkdir -p /var/lib/nfs/{rpc_pipefs,nfsdcld,sm,sm.bak}
    touch /var/lib/nfs/{etab,rmtab,state}
    chown -R statd: /var/lib/nfs/{sm,sm.bak,state}
    need mount -t rpc_pipefs rpc_pipefs $PIPES
    need mount -t nfsd nfsd /proc/fs/nfsd
    mkdir -p /run/rpcbind
    need rpcbind -w
    need rpc.statd --no-notify
    # Remembers the clients, which may then reclaim their locks after a restart.
    need nfsdcld
}

# The server refuses to export from an overlay, and its version 4 walks from the root down, so it
# is given a root of its own.
make_exports() {
    local list=$1 root=$EXPORT_ROOT image path size options number=0
    mkdir -p "$root"
    need mount -t tmpfs -o mode=755,size=90% lab "$root"
    mkdir -m 700 "$root/.images"
    : >/etc/exports
    while IFS=: read -r path size options; do
        number=$((number + 1))
        image=$root/.images/$number
        need truncate -s "$size" "$image"
        need mkfs.ext4 -q -F -m 0 -O ^has_journal -E nodiscard,lazy_itable_init=1 "$image"
        mkdir -p "$root$path" "$path"
        need mount -o loop "$image" "$root$path"
        rmdir "$root$path/lost+found"
        chown cinder:volumes "$root$path"
        chmod 2775 "$root$path"
        need mount --bind "$root$path" "$path"
        echo "$path *(rw,sync,no_subtree_check,insecure,fsid=$number,$options)" >>/etc/exports
    done <"$list"
}

start_server() {
    need exportfs -ra
    need rpc.mountd
    # In version 3 the grace period is a setting of the whole kernel: only where it is ours.
    [ "$LAB_KIND" = native ] || need sysctl -qw fs.nfs.nlm_grace_period=$LEASE
    need rpc.nfsd
    # Nobody can have anything to reclaim from a server that never ran: no grace period. Refused
    # where there is none, as version 4 has none when it finds no clients of before.
    echo Y 2>/dev/null >/proc/fs/nfsd/v4_end_grace
    echo Y 2>/dev/null >/proc/fs/lockd/nlm_end_grace
}

make_accounts
configure
load_modules
start_helpers
make_exports "$1"
start_server
