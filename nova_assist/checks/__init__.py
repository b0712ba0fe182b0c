# SPDX-License-Identifier: Apache-2.0
"""Judges: what is on a share, in the guest and in Cinder, against what was written.

:class:`~nova_assist.checks.judging.Bench` lets them look at a
:class:`~nova_assist.checks.scene.Scene`: data (every byte of every image), chain (REST API,
record, headers, attachment and guest agree), orphans (no file is left over), access (owner, group,
mode).
They read the share with QEMU's tools alone, and share no code with any driver.
"""
