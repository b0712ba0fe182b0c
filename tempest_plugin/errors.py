# SPDX-License-Identifier: Apache-2.0
"""What the plugin itself raises::

PluginError
├── WentWrong       a resource has come to a status from which it won't come back
├── NeverAttached   a story asks for the guest of a volume that had none
├── ShareUnseen     the files of the share could not be looked at
└── GuestFailed     a guest says that its disk failed, or can't be made to write
"""


class PluginError(Exception):
    """The plugin can't go on; the message says on what, and what to do."""


class WentWrong(PluginError):
    """A resource has come to a status from which it won't come back."""


class NeverAttached(PluginError):
    """A story asks for the guest of a volume that had none."""


class ShareUnseen(PluginError):
    """The files of the share could not be looked at."""


class GuestFailed(PluginError):
    """A guest says that its disk failed, or it can't be made to write."""
