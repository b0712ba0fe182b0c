# SPDX-License-Identifier: Apache-2.0
"""Tests of the driver, imported as Cinder's services do: with Cinder's objects registered.

Cinder 26 and 27 can't import their own NFS drivers before that.
"""

from cinder import objects

objects.register_all()
