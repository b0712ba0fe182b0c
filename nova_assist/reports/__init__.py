# SPDX-License-Identifier: Apache-2.0
"""What a run found, and the forms in which a person or a program reads it."""
