# SPDX-License-Identifier: Apache-2.0
"""The documentation's page of measured figures, made of what ``nova-assist bench`` has written."""
