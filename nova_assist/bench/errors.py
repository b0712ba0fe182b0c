# SPDX-License-Identifier: Apache-2.0
"""What keeps the bench from measuring."""


class BenchError(Exception):
    """Something that is to be measured doesn't work; the message is a sentence for the user."""
