# SPDX-License-Identifier: Apache-2.0
# One run of stack.sh, unstack.sh or clean.sh with the plugin: session.sh WORD [PHASE...]
# It reads the files that devstack reads at each point, in that order, and writes the configuration
# that devstack itself writes.
# shellcheck shell=bash
# shellcheck source=tests/devstack/stand_ins.sh
source "$HARNESS/stand_ins.sh"

# As devstack has configured Cinder's own driver before the plugin is called.
function write_configuration {
    local backend name
    mkdir -p "$CINDER_CONF_DIR" "$NOVA_CONF_DIR"
    rm -f "$CINDER_CONF" "$NOVA_CONF"
    iniset "$NOVA_CONF" DEFAULT state_path "$NOVA_STATE_PATH"
    iniset "$CINDER_CONF" DEFAULT state_path "$CINDER_STATE_PATH"
    local names=
    for backend in ${CINDER_ENABLED_BACKENDS//,/ }; do
        name=${backend##*:}
        names+=${names:+,}$name
        iniset "$CINDER_CONF" "$name" volume_driver cinder.volume.drivers.nfs.NfsDriver
        iniset "$CINDER_CONF" "$name" nas_host localhost
        iniset "$CINDER_CONF" "$name" nas_share_path "${NFS_EXPORT_DIR:-}"
        iniset "$CINDER_CONF" "$name" nas_secure_file_operations "${NFS_SECURE_FILE_OPERATIONS:-}"
    done
    iniset "$CINDER_CONF" DEFAULT enabled_backends "$names"
    iniset "$CINDER_CONF" DEFAULT default_volume_type "${names%%,*}"
}

function write_tempest_conf {
    mkdir -p "$(dirname "$TEMPEST_CONFIG")"
    rm -f "$TEMPEST_CONFIG"
    iniset "$TEMPEST_CONFIG" volume storage_protocol "${TEMPEST_STORAGE_PROTOCOL:-}"
    iniset "$TEMPEST_CONFIG" volume vendor_name "${TEMPEST_VOLUME_VENDOR:-Open Source}"
    iniset "$TEMPEST_CONFIG" volume-feature-enabled multi_backend False
}

function plugin { source "$PLUGIN/plugin.sh" "$@"; }

# shellcheck source=/dev/null
source "$LOCALRC"
word=$1
if [[ $word != clean ]]; then
    # shellcheck source=/dev/null
    source "$PLUGIN/override-defaults"
fi
source_libraries

case $word in
    stack)
        # shellcheck source=/dev/null
        source "$PLUGIN/settings"
        for phase in "${@:2}"; do
            [[ $phase != post-config ]] || write_configuration
            [[ $phase != test-config ]] || write_tempest_conf
            plugin stack "$phase"
        done
        echo "TEMPEST_PLUGINS=${TEMPEST_PLUGINS:-}" >>"$HARNESS_LOG"
        ;;
    unstack) plugin unstack "" ;;
    clean)
        plugin clean ""
        rm -rf "$ROOT/etc/cinder" "$ROOT/etc/nova" "$ROOT/opt/stack"
        ;;
esac
