# SPDX-License-Identifier: Apache-2.0
"""Tests of single calls: what is answered, and to whom."""
