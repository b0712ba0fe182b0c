# SPDX-License-Identifier: Apache-2.0
"""Tests of the compute service without QEMU and without Cinder."""
