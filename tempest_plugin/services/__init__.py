# SPDX-License-Identifier: Apache-2.0
"""Clients of what tempest's own library has no call for, by service."""
