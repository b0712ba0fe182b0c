# SPDX-License-Identifier: Apache-2.0
"""Ways to see what a guest wrote to a volume, and what another finds on it."""
