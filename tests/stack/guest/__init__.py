# SPDX-License-Identifier: Apache-2.0
"""What boots in the stack's servers: Debian's cloud kernel, busybox, and an ``init`` of our own.

It speaks as the embedded compute service's console guest does: see
:mod:`console_guest.protocol`. :mod:`tests.stack.guest.image` builds it.
"""
