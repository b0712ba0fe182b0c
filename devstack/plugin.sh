# SPDX-License-Identifier: Apache-2.0
# The devstack plugin: calls the function of the phase. devstack sources it once a phase, and
# neither unstack.sh nor clean.sh has read the settings.
# shellcheck shell=bash

NOVA_ASSIST_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=devstack/settings
source "$NOVA_ASSIST_DIR/devstack/settings"
for nova_assist_part in undo backends accounts server cinder nova tempest phases; do
    # shellcheck source=/dev/null
    source "$NOVA_ASSIST_DIR/devstack/lib/$nova_assist_part"
done
unset nova_assist_part

case "${ENABLE_NFS_CINDER:-True} $1 ${2:-}" in
    "True stack pre-install") nfs_assist_pre_install ;;
    "True stack install") nfs_assist_install ;;
    "True stack post-config") nfs_assist_post_config ;;
    "True stack extra") ;;  # devstack has made the volume types by itself
    "True stack test-config") nfs_assist_test_config ;;
    *" unstack "*) nfs_assist_unstack ;;
    *" clean "*) nfs_assist_clean ;;
esac
