# SPDX-License-Identifier: Apache-2.0
"""Why a cloud of others can't be used; main class: :class:`RemoteError`.

::

    nova_assist.cloud.errors.CloudError
     +-- RemoteError
          +-- LoginError    no such cloud, no such user, or nobody answers
          +-- LackingError  the cloud lacks what was named: an endpoint, a type, an image, a flavor
"""

from __future__ import annotations

from nova_assist.cloud.errors import CloudError


class RemoteError(CloudError):
    """A cloud of others can't be used as was asked; nothing in it has been changed."""


class LoginError(RemoteError):
    """Nobody can act in the cloud with what was given."""


class LackingError(RemoteError):
    """The cloud has not what was named."""
