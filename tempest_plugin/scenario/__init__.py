# SPDX-License-Identifier: Apache-2.0
"""Tests of whole stories: data, files and statuses over the life of a volume."""
