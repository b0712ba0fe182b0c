# SPDX-License-Identifier: Apache-2.0
"""Judges: pure functions from what was seen and what is expected to faults, in words."""
