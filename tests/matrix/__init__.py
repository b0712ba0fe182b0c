# SPDX-License-Identifier: Apache-2.0
"""The support matrix of the documentation, made of what lifecycles have measured."""
