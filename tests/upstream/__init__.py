# SPDX-License-Identifier: Apache-2.0
"""Cinder's own unit tests of what any driver has to do, with ours in the place of its fake one."""
