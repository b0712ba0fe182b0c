# SPDX-License-Identifier: Apache-2.0
"""The same tests under each series of OpenStack, and under both of Cinder's kinds of threads."""
