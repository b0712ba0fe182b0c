# SPDX-License-Identifier: Apache-2.0
"""The command line ``nova-assist``: run | cloud | report | check | chain | conformance."""
