# SPDX-License-Identifier: Apache-2.0
"""Ways to see the files of the volumes."""
