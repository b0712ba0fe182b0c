# SPDX-License-Identifier: Apache-2.0
# Stands in for devstack and for a host: the functions that the plugin calls, and the commands that
# would change the machine, on a folder ROOT. Its run/ has what a kernel or a daemon would know:
# services that are active, what is exported, what is mounted, who owns a file.
# shellcheck shell=bash disable=SC2034  # the plugin uses the variables
# shellcheck disable=SC2032,SC2033  # sudo is a function, too

set -o errexit -o nounset -o pipefail

# No other command can be found, and so none can reach the machine.
PATH=$HARNESS_COMMANDS
: >"$HARNESS_LOG.calls"

STACK_USER=stack
DATA_DIR=$ROOT/opt/stack/data
CINDER_STATE_PATH=$DATA_DIR/cinder
NOVA_STATE_PATH=$DATA_DIR/nova
HOST_IP=192.0.2.10
SERVICE_HOST=$HOST_IP
SERVICE_PASSWORD=secret
SERVICE_PROJECT_NAME=service
SERVICE_DOMAIN_NAME=Default
REGION_NAME=RegionOne
NFS_EXPORT_DIR=$ROOT/srv/nfs1
STACK_NFS_CONF=$ROOT/etc/exports.d/stack_nfs.exports
NFS_APPARMOR_RULE=$ROOT/etc/apparmor.d/abstractions/libvirt-qemu.d/nova-assist
NFS_UNDO_FILE=$ROOT/var/lib/nova-assist-devstack.undo
ENABLED_SERVICES=c-api,c-sch,c-vol,n-api,n-cpu,tempest

# Folders in the local.conf under test are of the host.
function in_root {
    [[ $1 == "$ROOT"/* ]] || die 0 "$1 is outside $ROOT"
}

# What the libraries of devstack set, which read local.conf before.
function source_libraries {
    CINDER_CONF_DIR=$ROOT/etc/cinder
    CINDER_CONF=$CINDER_CONF_DIR/cinder.conf
    NOVA_CONF_DIR=$ROOT/etc/nova
    NOVA_CONF=$NOVA_CONF_DIR/nova.conf
    QEMU_CONF=$ROOT/etc/libvirt/qemu.conf
    TEMPEST_CONFIG=$ROOT/opt/stack/tempest/etc/tempest.conf
    KEYSTONE_SERVICE_URI=http://$SERVICE_HOST/identity
}

# --- devstack -----------------------------------------------------------------------------------

function die { shift; echo "died: $*" >&2; exit 1; }
function enable_plugin { :; }
function is_ubuntu { [[ $FAMILY == debian ]]; }
function is_fedora { [[ $FAMILY == rhel ]]; }
function is_service_enabled { [[ ,$ENABLED_SERVICES, == *,$1,* ]]; }
function disable_all_services { ENABLED_SERVICES=; }
function enable_service { local each; for each; do ENABLED_SERVICES+=,$each; done; }
function install_package {
    echo "install $*" >>"$HARNESS_LOG"
    if [[ " $* " == *" nfs-kernel-server "* ]]; then
        systemctl start nfs-server
    fi
}
function setup_develop { echo "setup_develop $*" >>"$HARNESS_LOG"; }
function start_service { sudo systemctl start "$1"; }
function stop_service { sudo systemctl stop "$1"; }
function restart_service { sudo systemctl restart "$1"; }

function iniset { ini set "$@"; }
function inidelete { ini delete "$@" ''; }

# ini set|delete FILE SECTION OPTION VALUE
function ini {
    local lines=() made=() line here="" new="$4 = $5"
    [[ $1 == set ]] || new=
    [[ ! -e $2 ]] || mapfile -t lines <"$2"
    for line in "${lines[@]}"; do
        if [[ $line == "["* ]]; then
            [[ $here != "[$3]" || -z $new ]] || { made+=("$new"); new=; }
            here=$line
        fi
        if [[ $here == "[$3]" && $line == "$4 ="* ]]; then
            line=$new new=
        fi
        [[ -z $line ]] || made+=("$line")
    done
    if [[ -n $new ]]; then
        [[ $here == "[$3]" ]] || made+=("[$3]")
        made+=("$new")
    fi
    printf '%s\n' "${made[@]}" >"$2"
}

# --- The host -----------------------------------------------------------------------------------

# Its every call may change the host. Before the call of the number HARNESS_DEATH, from 1 in each
# session, all is killed.
function sudo {
    local each calls
    echo "sudo $*" >>"$HARNESS_LOG"
    echo >>"$HARNESS_LOG.calls"
    mapfile -t calls <"$HARNESS_LOG.calls"
    [[ ${#calls[@]} != "$HARNESS_DEATH" ]] || kill -9 $$
    for each; do
        [[ $each != /[a-z]* ]] || in_root "$each"
    done
    "$@"
}

function systemctl {
    local unit=${*: -1}
    case $1 in
        is-active) grep -qxF "$unit" "$ROOT/run/services" ;;
        start)
            if ! systemctl is-active "$unit"; then
                echo "$unit" >>"$ROOT/run/services"
                [[ $unit != nfs-server ]] || export_all
            fi
            ;;
        stop)
            drop "$unit" "$ROOT/run/services"
            [[ $unit != nfs-server ]] || : >"$ROOT/run/exports"
            ;;
        restart) systemctl is-active "$unit" || die 0 "$unit does not run" ;;
        *) die 0 "systemctl $*" ;;
    esac
}

# drop LINE FILE: remove the lines from the file.
function drop {
    local rest
    rest=$(grep -vxF -- "$1" "$2" || true)
    echo -n "${rest:+$rest$'\n'}" >"$2"
}

# Its table has a line "client:folder options" for each.
function exportfs {
    case $1 in
        -o)
            sed -i "\\|^$3 |d" "$ROOT/run/exports"
            echo "$3 $2" >>"$ROOT/run/exports"
            ;;
        -u) sed -i "\\|^$2 |d" "$ROOT/run/exports" ;;
        *) die 0 "exportfs $*" ;;
    esac
}

# As the server does at its start.
function export_all {
    local folder clients client
    while read -r folder clients; do
        for client in ${clients//)/}; do
            exportfs -o "${client#*(}" "${client%%(*}:$folder"
        done
    done < <(cat "$ROOT/etc/exports" "$ROOT"/etc/exports.d/*.exports)
}

function findmnt {
    [[ "$1 $2 $3 $5 $6" == "--raw --noheadings --source --output TARGET" ]] || die 0 "findmnt $*"
    awk -v source="$4" '$1 == source { print $2; found = 1 } END { exit !found }' "$ROOT/run/mounts"
}

function umount {
    [[ $1 == --lazy ]] || die 0 "umount $*"
    sed -i "\\| $2\$|d" "$ROOT/run/mounts"
}

function chown { drop_owner "$2"; echo "$2 $1" >>"$ROOT/run/owners"; }
function drop_owner { sed -i "\\|^$1 |d" "$ROOT/run/owners"; }

function stat {
    [[ "$1 $2" == "-c %u:%g %a" ]] || die 0 "stat $*"
    echo "$(sed -n "s|^$3 ||p" "$ROOT/run/owners") $(command stat -c %a "$3")"
}

function groupadd {
    [[ $1 == --gid ]] || die 0 "groupadd $*"
    echo "$3:x:$2:" >>"$ROOT/etc/group"
}

function groupdel { sed -i "/^$1:/d" "$ROOT/etc/group"; }

function getent {
    [[ $1 == group ]] || die 0 "getent $*"
    grep "^$2:" "$ROOT/etc/group"
}

function usermod {
    [[ "$1 $2" == "--append --groups" ]] || die 0 "usermod $*"
    sed -i -E "s/^($3:[^:]*:[^:]*:.*[^:])\$/\\1,$4/; s/^($3:[^:]*:[^:]*:)\$/\\1$4/" "$ROOT/etc/group"
}

function gpasswd {
    [[ $1 == --delete ]] || die 0 "gpasswd $*"
    sed -i -E "/^$3:/{s/([:,])$2(,|\$)/\\1\\2/; s/:,/:/; s/,,/,/; s/,\$//}" "$ROOT/etc/group"
}

function id {
    [[ $1 == -nG ]] || die 0 "id $*"
    grep -qxF "$2" "$ROOT/etc/passwd" || die 0 "no account $2"
    awk -F: -v user="$2" '
        $1 == user { print $1 }
        { n = split($4, members, ","); for (i = 1; i <= n; i++) if (members[i] == user) print $1 }
    ' "$ROOT/etc/group" | paste -sd ' '
}
