# SPDX-License-Identifier: Apache-2.0
"""An embedded compute service: Nova's API and nova-compute with libvirt, over QEMU's block layer.

Run it with ``python -m nova_assist.compute``; :class:`nova_assist.compute.service.Compute` is the
service itself. Volumes and snapshots are Cinder's; starting and stopping this process is left to
:mod:`nova_assist.cloud`.
"""
