# SPDX-License-Identifier: Apache-2.0
"""A tempest plugin for assisted volume snapshots: the whole lifecycle, on any cloud.

It imports nothing of this project, of Cinder or of Nova, so that it judges any cloud alike.
"""
