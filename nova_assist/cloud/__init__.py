# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud: a real Cinder and the embedded compute service as child processes.

Main class: :class:`nova_assist.cloud.cloud.Cloud`. Nothing is imported here: the Cinder process
has to be patched for eventlet, where its release wants that, before it imports anything else.
"""
