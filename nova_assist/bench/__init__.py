# SPDX-License-Identifier: Apache-2.0
"""Measures two drivers side by side, each in an embedded cloud, beside bare calls of QEMU."""
