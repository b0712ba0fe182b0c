# SPDX-License-Identifier: Apache-2.0
"""The devstack plugin, without a devstack."""
