# SPDX-License-Identifier: Apache-2.0
"""The jobs for Zuul, their playbooks, and the role that collects, without a Zuul."""
