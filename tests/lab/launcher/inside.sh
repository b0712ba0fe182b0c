#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The first process of the lab: lays a throw-away layer over the machine's files, starts the NFS
# server (server.sh) and runs the command. Started by machines.py as the first process of a
# virtual machine (LAB_KIND=vm) or of namespaces of the machine itself (LAB_KIND=native), with
# the folder of what it is to do in LAB_JOB; what it prints is the lab's console.
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=$(dirname "$0")

end() {
    [ "$LAB_KIND" = native ] && exit
    sync -f "$LAB_JOB"
    echo o >/proc/sysrq-trigger
    while :; do sleep 1; done
}

fail() {
    echo "lab failed: $*"
    end
}

need() {
    local said
    said=$("$@" 2>&1) || fail "$*${said:+: $said}"
}

# Over each file system of the machine, the root's first, a layer that takes what is written.
lay_layers() {
    local root=$1 layers=$2 mounted number=0
    grep -qw overlay /proc/filesystems || modprobe -q overlay ||
        need insmod "/usr/lib/uml/modules/$(uname -r)/kernel/fs/overlayfs/overlay.ko"
    while read -r mounted; do
        case $mounted in
            /proc* | /sys* | /dev* | /run* | "$layers"*) continue ;;
        esac
        [ -d "$mounted" ] || continue
        number=$((number + 1))
        mkdir -p "$layers/$number/upper" "$layers/$number/work"
        need mount -t overlay lab -o \
            "lowerdir=$mounted,upperdir=$layers/$number/upper,workdir=$layers/$number/work" \
            "$root$mounted"
    done
}

share() {
    local folder=$1 root=$2
    mkdir -p "$root$folder"
    if [ "$LAB_KIND" = vm ]; then
        need mount -t hostfs -o "$folder" lab "$root$folder"
    else
        need mount --bind "$folder" "$root$folder"
    fi
}

make_root() {
    local layers=/mnt root=/mnt/root folder
    mount -t proc proc /proc 2>/dev/null
    need mount -t tmpfs -o mode=755,size=90% lab "$layers"
    mkdir "$root"
    # Not through a pipe: a failure has to end this process, no child of it.
    lay_layers "$root" "$layers" <<<"/"$'\n'"$(findmnt -rno TARGET | grep -vx /)"
    need mount -t proc proc "$root/proc"
    need mount -t sysfs sysfs "$root/sys"
    need mount -t devtmpfs dev "$root/dev"
    mkdir -p "$root/dev/pts" "$root/dev/shm" "$root/mnt/machine"
    need mount -t devpts -o mode=620,ptmxmode=666 devpts "$root/dev/pts"
    need mount -t tmpfs -o mode=1777 lab "$root/dev/shm"
    need mount -t tmpfs -o mode=755 lab "$root/run"
    while IFS= read -r -d '' folder; do share "$folder" "$root"; done <"$LAB_JOB/shares"
    cd "$root" || fail "cd $root"
    need pivot_root . mnt/machine
    exec chroot . "$0" prepared
}

prepare_system() {
    ln -sf /proc/self/mounts /etc/mtab
    [ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
    if [ "$LAB_KIND" = vm ]; then
        mkdir -p /lib/modules
        ln -sfn "/usr/lib/uml/modules/$(uname -r)" "/lib/modules/$(uname -r)"
    fi
    hostname lab
    echo '127.0.0.1 localhost lab' >/etc/hosts
    need ip link set lo up
    ulimit -c 0
    xargs -r0 chmod a+x <"$LAB_JOB/passable"
}

# Runs the command with descriptors 3 and 4 as its streams.
run_command() {
    local -a arguments environment folder
    mapfile -d '' -t arguments <"$LAB_JOB/command"
    mapfile -d '' -t environment <"$LAB_JOB/environment"
    mapfile -d '' -t folder <"$LAB_JOB/folder"
    (
        cd "${folder[0]}" 2>&4 || exit 126
        exec env -i "${environment[@]}" "${arguments[@]}" </dev/null >&3 2>&4 3>&- 4>&-
    )
    echo $? >"$LAB_JOB/status.new"
    mv "$LAB_JOB/status.new" "$LAB_JOB/status"
}

# The virtual machine's terminals 1 and 2 lead to the two streams. The command is given pipes:
# it would do otherwise if it saw a terminal.
run_over_terminals() {
    local copies='' stream
    for stream in 1 2; do
        stty raw -echo -opost <"/dev/tty$stream"
        mkfifo "/run/stream$stream"
        cat <"/run/stream$stream" >"/dev/tty$stream" &
        copies+=" $!"
    done
    run_command 3>/run/stream1 4>/run/stream2
    # What the command left running may hold the pipes open: only so long.
    # shellcheck disable=SC2086  # two process ids
    (sleep 2 && kill $copies) 2>/dev/null &
    # shellcheck disable=SC2086
    wait $copies 2>/dev/null
}

[ "${1-}" = prepared ] || make_root
prepare_system
"$here/server.sh" "$LAB_JOB/exports" || end
touch "$LAB_JOB/ready"
if [ "$LAB_KIND" = vm ]; then
    run_over_terminals
else
    run_command 3>&"$LAB_OUTPUT" 4>&"$LAB_ERRORS"
fi
end
